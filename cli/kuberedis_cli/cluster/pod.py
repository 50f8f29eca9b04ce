"""The pods of an instance, one for each member."""

from collections.abc import Iterable

from kubernetes.client import CoreV1Api, V1Pod
from kubernetes.client.exceptions import ApiException

from kuberedis_cli.cluster.api_errors import is_not_found
from kuberedis_core.body import Body
from kuberedis_core.crd.names import pod_name


def member_names(instance: Body) -> list[str]:
    """Names of the members of an instance, which are those of their pods."""
    return [pod_name(instance["metadata"]["name"], ordinal) for ordinal in range(instance["spec"].get("replicas", 1))]


def read_pod(core: CoreV1Api, namespace: str, pod: str) -> V1Pod | None:
    """The pod of that name, or None.

    Raises:
        ApiException: It cannot be read.
    """
    try:
        return core.read_namespaced_pod(pod, namespace)
    except ApiException as error:
        if is_not_found(error):
            return None
        raise


def read_pods(core: CoreV1Api, namespace: str, names: Iterable[str]) -> list[V1Pod]:
    """The pods of these names that there are; raises as `read_pod`."""
    return [pod for name in names if (pod := read_pod(core, namespace, name)) is not None]


def is_serving(pod: V1Pod) -> bool:
    """Whether it is ready, and stays."""
    conditions = (pod.status.conditions if pod.status else None) or ()
    ready = any(each.type == "Ready" and each.status == "True" for each in conditions)
    return ready and not (pod.metadata and pod.metadata.deletion_timestamp)
