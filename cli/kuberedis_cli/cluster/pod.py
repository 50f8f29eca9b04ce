"""The pod of an instance."""

from kubernetes.client import CoreV1Api, V1Pod
from kubernetes.client.exceptions import ApiException

from kuberedis_cli.cluster.api_errors import is_not_found
from kuberedis_core.crd.names import pod_name


def read_pod(core: CoreV1Api, namespace: str, name: str) -> V1Pod | None:
    """The pod of the instance `name`, or None.

    Raises:
        ApiException: It cannot be read.
    """
    try:
        return core.read_namespaced_pod(pod_name(name), namespace)
    except ApiException as error:
        if is_not_found(error):
            return None
        raise
