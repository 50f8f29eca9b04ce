"""Writing instances: requests to the API server that store them, or with a dry run only say whether it would."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, cast

from kubernetes.client import CustomObjectsApi, V1DeleteOptions, V1Preconditions
from kubernetes.client.exceptions import ApiException

from kuberedis_cli.cluster.api_errors import is_conflict
from kuberedis_cli.cluster.connection import Cluster
from kuberedis_cli.errors import ClusterError
from kuberedis_core.body import Body
from kuberedis_core.crd.kind import GROUP, PLURAL, VERSION

FIELD_MANAGER = "kuberedis"


class Writer:
    """Writes instances of one namespace. Every method raises the exceptions of the Kubernetes client.

    Args:
        cluster: Cluster and namespace.
        dry_run: Store nothing (https://kubernetes.io/docs/reference/using-api/api-concepts/#dry-run).
    """

    def __init__(self, cluster: Cluster, *, dry_run: bool) -> None:
        self._api = CustomObjectsApi(cluster.api)
        self._where = (GROUP, VERSION, cluster.namespace, PLURAL)
        self._options: dict[str, Any] = {"dry_run": "All"} if dry_run else {}

    def create(self, body: Body) -> Body:
        """Create an instance, and return it as it is stored.

        Raises:
            ClusterError: There is one of that name, or no such namespace.
        """
        name = body["metadata"]["name"]
        try:
            return cast(
                Body,
                self._api.create_namespaced_custom_object(
                    *self._where, body, field_manager=FIELD_MANAGER, field_validation="Strict", **self._options
                ),
            )
        except ApiException as error:
            if is_conflict(error):
                raise ClusterError(f"there is an instance {name} already; `kuberedis set {name} FIELD=VALUE` changes it") from None
            if error.status == HTTPStatus.NOT_FOUND and "namespaces" in str(error.body):
                raise ClusterError(
                    f"there is no namespace {self._where[2]}; make it with: kubectl create namespace {self._where[2]}"
                ) from None
            raise

    def patch_spec(self, instance: Body, patch: Body) -> Body:
        """Change the spec of an instance, and return it as it is stored.

        Args:
            instance: The instance as it was read.
            patch: Merge patch of its spec (RFC 7386).

        Raises:
            ClusterError: Somebody else has changed it meanwhile.
        """
        metadata = instance["metadata"]
        body = {"metadata": {"resourceVersion": metadata["resourceVersion"]}, "spec": patch}
        try:
            return cast(
                Body,
                self._api.patch_namespaced_custom_object(
                    *self._where, metadata["name"], body, field_manager=FIELD_MANAGER, field_validation="Strict", **self._options
                ),
            )
        except ApiException as error:
            if is_conflict(error):
                raise ClusterError(f"{metadata['name']} was changed by somebody else at this moment; try again") from None
            raise

    def delete(self, instance: Body) -> None:
        """Delete this instance, and no other that got its name meanwhile; it is gone when its children are."""
        metadata = instance["metadata"]
        # With a body, the API server takes no option from the query.
        body = V1DeleteOptions(
            preconditions=V1Preconditions(uid=metadata["uid"]), propagation_policy="Foreground", dry_run=["All"] if self._options else None
        )
        self._api.delete_namespaced_custom_object(*self._where, metadata["name"], body=body)
