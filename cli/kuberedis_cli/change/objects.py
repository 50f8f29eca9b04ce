"""Writing instances: requests to the API server that store them, or with a dry run only say whether it would."""

from __future__ import annotations

from http import HTTPStatus

from kubernetes.client.exceptions import ApiException

from kuberedis_cli.cluster.api_errors import is_conflict
from kuberedis_cli.cluster.connection import Cluster
from kuberedis_cli.cluster.instances import INSTANCE
from kuberedis_cli.cluster.requests import request
from kuberedis_cli.errors import ClusterError
from kuberedis_core.body import Body

FIELD_MANAGER = "kuberedis"


class Writer:
    """Writes instances of one namespace. Every method raises the exceptions of the Kubernetes client.

    Args:
        cluster: Cluster and namespace.
        dry_run: Store nothing (https://kubernetes.io/docs/reference/using-api/api-concepts/#dry-run).
    """

    def __init__(self, cluster: Cluster, *, dry_run: bool) -> None:
        self._api = cluster.api
        self._namespace = cluster.namespace
        self._dry_run = ["All"] if dry_run else []
        self._query = {"fieldManager": FIELD_MANAGER, "fieldValidation": "Strict", **({"dryRun": "All"} if dry_run else {})}

    def create(self, body: Body) -> Body:
        """Create an instance, and return it as it is stored.

        Raises:
            ClusterError: There is one of that name, or no such namespace.
        """
        name = body["metadata"]["name"]
        try:
            return request(self._api, "POST", INSTANCE.path(self._namespace), query=self._query, body=body)
        except ApiException as error:
            if is_conflict(error):
                raise ClusterError(f"there is an instance {name} already; `kuberedis set {name} FIELD=VALUE` changes it") from None
            if error.status == HTTPStatus.NOT_FOUND and "namespaces" in str(error.body):
                namespace = self._namespace
                raise ClusterError(f"there is no namespace {namespace}; make it with: kubectl create namespace {namespace}") from None
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
            return request(self._api, "PATCH", INSTANCE.path(self._namespace, metadata["name"]), query=self._query, body=body)
        except ApiException as error:
            if is_conflict(error):
                raise ClusterError(f"{metadata['name']} was changed by somebody else at this moment; try again") from None
            raise

    def delete(self, instance: Body) -> None:
        """Delete this instance, and no other that got its name meanwhile; it is gone when its children are."""
        metadata = instance["metadata"]
        # With a body, the API server takes no option from the query.
        body = {
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "preconditions": {"uid": metadata["uid"]},
            "propagationPolicy": "Foreground",
            "dryRun": self._dry_run,
        }
        request(self._api, "DELETE", INSTANCE.path(self._namespace, metadata["name"]), body=body)
