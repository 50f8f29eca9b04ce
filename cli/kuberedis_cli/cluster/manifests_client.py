"""Objects of any kind in a cluster, as their manifests describe them: applied, looked at, deleted."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any

from kubernetes.client.exceptions import ApiException
from kubernetes.dynamic import DynamicClient
from kubernetes.dynamic.exceptions import ResourceNotFoundError

from kuberedis_cli.cluster.connection import Cluster
from kuberedis_cli.cluster.errors import ClusterError, message

Manifest = Mapping[str, Any]

FIELD_MANAGER = "kuberedis-install"


class Objects:
    """What manifests describe, in one cluster.

    Every method raises what the Kubernetes client raises.
    """

    def __init__(self, client: DynamicClient) -> None:
        self._client = client

    def apply(self, manifest: Manifest, *, force: bool) -> None:
        """Have it as the manifest says, by server-side apply (https://kubernetes.io/docs/reference/using-api/server-side-apply/).

        Raises ClusterError when somebody else has set one of its fields to another value; `force` sets it nevertheless.
        """
        try:
            self._client.server_side_apply(
                self._resource(manifest),
                body=dict(manifest),
                name=manifest["metadata"]["name"],
                namespace=manifest["metadata"].get("namespace"),
                field_manager=FIELD_MANAGER,
                force_conflicts=force,
            )
        except ApiException as error:
            if error.status != HTTPStatus.CONFLICT:
                raise
            raise ClusterError(
                f"{title(manifest)} was changed by somebody else; --force-conflicts takes it back ({message(error)})"
            ) from None

    def get(self, manifest: Manifest) -> dict[str, Any] | None:
        """The object as it is; None when there is none, or its kind is unknown."""
        try:
            found = self._client.get(self._resource(manifest), manifest["metadata"]["name"], manifest["metadata"].get("namespace"))
        except (ApiException, ResourceNotFoundError) as error:
            if _absent(error):
                return None
            raise
        answer: dict[str, Any] = found.to_dict()
        return answer

    def delete(self, manifest: Manifest) -> bool:
        """Have it deleted, and what it owns before it; says whether there was one."""
        metadata = manifest["metadata"]
        try:
            self._client.delete(self._resource(manifest), metadata["name"], metadata.get("namespace"), propagation_policy="Foreground")
        except (ApiException, ResourceNotFoundError) as error:
            if _absent(error):
                return False
            raise
        return True

    def _resource(self, manifest: Manifest) -> Any:
        return self._client.resources.get(api_version=manifest["apiVersion"], kind=manifest["kind"])


@contextmanager
def objects_of(cluster: Cluster) -> Iterator[Objects]:
    """The objects of a cluster. What kinds it knows is asked afresh, and kept in a private folder meanwhile."""
    with tempfile.TemporaryDirectory(prefix="kuberedis-") as folder:
        yield Objects(DynamicClient(cluster.api, cache_file=str(Path(folder) / "kinds.json")))


def title(manifest: Manifest) -> str:
    """Kind and name, for people."""
    return f"{manifest['kind']} {manifest['metadata']['name']}"


def _absent(error: Exception) -> bool:
    return isinstance(error, ResourceNotFoundError) or (isinstance(error, ApiException) and error.status == HTTPStatus.NOT_FOUND)
