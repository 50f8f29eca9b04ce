"""`kuberedis restart`: request a restart from the operator, and wait until a new pod serves.

As a rotation, the request is an annotation of the instance: it needs no right on pods or StatefulSets but to look at the pod.
"""

from datetime import UTC, datetime

from kubernetes.client import CoreV1Api, V1Pod

from kuberedis_cli.cluster.connection import Cluster
from kuberedis_cli.cluster.instances import Instances, condition
from kuberedis_cli.cluster.pod import read_pod
from kuberedis_cli.cluster.waiting import wait_until
from kuberedis_cli.errors import ClusterError
from kuberedis_cli.output.console import Progress
from kuberedis_core.crd.names import RESTART


def restart(cluster: Cluster, name: str, limit_seconds: int, progress: Progress) -> None:
    """Replace the pod of the instance `name` by a new one.

    Args:
        cluster: Cluster and namespace of the instance.
        name: Name of the instance.
        limit_seconds: Longest time to wait for the new pod.
        progress: Output of the command.

    Raises:
        ClusterError: There is no new pod that serves; the text says why.
    """
    instances, core = Instances(cluster), CoreV1Api(cluster.api)
    if instances.get(name)["spec"].get("paused"):
        raise ClusterError(f"{name} is paused, so the operator leaves its pod alone; set spec.paused to false first")
    before = _uid(read_pod(core, cluster.namespace, name))
    request = datetime.now(UTC).isoformat()
    instances.annotate(name, {RESTART: request})
    progress.report("restarting", f"{name} restarts; requests get 503 for some seconds", instance=name, namespace=cluster.namespace)
    with progress.waiting_for(f"the new pod of {name}"):
        pod = wait_until(lambda: _serving(read_pod(core, cluster.namespace, name), before), limit_seconds)
    if pod is None:
        degraded = condition(instances.get(name), "Degraded")
        why = str(degraded["message"]) if degraded.get("status") == "True" else "is the operator running? The request stays"
        raise ClusterError(f"{name} has no new pod that serves after {limit_seconds} s: {why}; `kuberedis status {name}` shows more")
    progress.report(
        "restarted", f"{name} serves from a new pod", instance=name, namespace=cluster.namespace, request=request, pod=_uid(pod)
    )


def _serving(pod: V1Pod | None, before: str | None) -> V1Pod | None:
    """`pod`, if it is another one than before and ready."""
    if pod is None or _uid(pod) == before or (pod.metadata and pod.metadata.deletion_timestamp):
        return None
    conditions = (pod.status.conditions if pod.status else None) or ()
    return pod if any(each.type == "Ready" and each.status == "True" for each in conditions) else None


def _uid(pod: V1Pod | None) -> str | None:
    return pod.metadata.uid if pod is not None and pod.metadata is not None else None
