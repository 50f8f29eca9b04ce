"""Objects of any kind in a cluster, as their manifests describe them: applied, read, deleted."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kubernetes.client.exceptions import ApiException
from kubernetes.dynamic import DynamicClient
from kubernetes.dynamic.exceptions import ResourceNotFoundError

from kuberedis_cli.cluster.api_errors import is_conflict, is_not_found, is_unknown_kind, message
from kuberedis_cli.cluster.connection import Cluster
from kuberedis_cli.errors import ClusterError
from kuberedis_core.body import Body

FIELD_MANAGER = "kuberedis-install"


class ManifestsClient:
    """Applies, reads and deletes objects of one cluster by their manifests.

    Every method raises the exceptions of the Kubernetes client.
    """

    def __init__(self, client: DynamicClient) -> None:
        self._client = client

    def apply(self, manifest: Body, *, force: bool) -> None:
        """Apply a manifest, by server-side apply (https://kubernetes.io/docs/reference/using-api/server-side-apply/).

        Raises:
            ClusterError: Somebody else has set one of its fields to another value; with `force` it is set nevertheless.
        """
        try:
            self._client.server_side_apply(
                self._resource(manifest),
                body=manifest,
                name=manifest["metadata"]["name"],
                namespace=manifest["metadata"].get("namespace"),
                field_manager=FIELD_MANAGER,
                force_conflicts=force,
            )
        except ApiException as error:
            if not is_conflict(error):
                raise
            raise ClusterError(
                f"{title(manifest)} was changed by somebody else; --force-conflicts takes it back ({message(error)})"
            ) from None

    def get(self, manifest: Body) -> Body | None:
        """The object of a manifest; None when there is none, or its kind is unknown."""
        try:
            found = self._client.get(self._resource(manifest), manifest["metadata"]["name"], manifest["metadata"].get("namespace"))
        except (ApiException, ResourceNotFoundError) as error:
            if _absent(error):
                return None
            raise
        body: Body = found.to_dict()
        return body

    def delete(self, manifest: Body) -> bool:
        """Delete an object, and what it owns before it. Returns whether there was one."""
        metadata = manifest["metadata"]
        try:
            self._client.delete(self._resource(manifest), metadata["name"], metadata.get("namespace"), propagation_policy="Foreground")
        except (ApiException, ResourceNotFoundError) as error:
            if _absent(error):
                return False
            raise
        return True

    def _resource(self, manifest: Body) -> Any:
        return self._client.resources.get(api_version=manifest["apiVersion"], kind=manifest["kind"])


@contextmanager
def manifests_client(cluster: Cluster) -> Iterator[ManifestsClient]:
    """A client of a cluster. The kinds that the cluster serves are discovered anew, and cached in a private folder."""
    with tempfile.TemporaryDirectory(prefix="kuberedis-") as folder:
        yield ManifestsClient(DynamicClient(cluster.api, cache_file=str(Path(folder) / "kinds.json")))


def title(manifest: Body) -> str:
    """Kind and name, for people."""
    return f"{manifest['kind']} {manifest['metadata']['name']}"


def _absent(error: Exception) -> bool:
    return isinstance(error, ResourceNotFoundError) or (isinstance(error, ApiException) and (is_not_found(error) or is_unknown_kind(error)))
