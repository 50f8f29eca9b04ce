"""The operators in a cluster: their Deployments, and their versions by the images of those."""

from kubernetes.client.exceptions import ApiException

from kuberedis_cli.cluster.api_errors import is_forbidden
from kuberedis_cli.cluster.connection import Cluster
from kuberedis_cli.cluster.requests import request
from kuberedis_core.api_kind import Kind
from kuberedis_core.body import Body
from kuberedis_core.crd.names import OPERATOR_LABELS

_DEPLOYMENT = Kind("apps/v1", "Deployment", "deployments")
OPERATOR_SELECTOR = ",".join(f"{label}={value}" for label, value in OPERATOR_LABELS.items())
"""Selects the Deployments and pods of operators by their labels."""
_USUAL_NAMESPACE = "kuberedis-system"


def operators(cluster: Cluster) -> list[Body]:
    """The Deployment of each operator that the user may see: of all namespaces, or else of the usual one.

    Raises:
        ApiException: They may not see any.
    """
    try:
        return _found(cluster, None)
    except ApiException as error:
        if not is_forbidden(error):
            raise
    return _found(cluster, _USUAL_NAMESPACE)


def operator_versions(cluster: Cluster) -> list[dict[str, str]]:
    """Namespace and version of each operator; raises as `operators`."""
    return [{"namespace": each["metadata"]["namespace"], "version": _version(each)} for each in operators(cluster)]


def _found(cluster: Cluster, namespace: str | None) -> list[Body]:
    found: list[Body] = request(cluster.api, "GET", _DEPLOYMENT.path(namespace), query={"labelSelector": OPERATOR_SELECTOR})["items"]
    return found


def _version(deployment: Body) -> str:
    """The tag of the operator's image; the whole name of an image that has none."""
    image = str(deployment["spec"]["template"]["spec"]["containers"][0]["image"])
    name, _, tag = image.partition("@")[0].rpartition(":")
    return tag if name and "/" not in tag else image
