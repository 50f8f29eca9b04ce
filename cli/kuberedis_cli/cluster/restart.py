"""`kuberedis restart`: request a restart from the operator, and wait until new pods serve.

As a rotation, the request is an annotation of the instance: it needs no right on pods or StatefulSets but to look at the pods.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

from kubernetes.client import CoreV1Api, V1Pod

from kuberedis_cli.cluster.connection import Cluster
from kuberedis_cli.cluster.instances import Instances, condition
from kuberedis_cli.cluster.pod import is_serving, member_names, read_pod
from kuberedis_cli.cluster.waiting import wait_until
from kuberedis_cli.errors import ClusterError
from kuberedis_cli.output.console import Progress
from kuberedis_core.crd.names import RESTART


def restart(cluster: Cluster, name: str, limit_seconds: int, progress: Progress) -> None:
    """Replace the pods of the instance `name` by new ones.

    Args:
        cluster: Cluster and namespace of the instance.
        name: Name of the instance.
        limit_seconds: Longest time to wait for the new pods.
        progress: Output of the command.

    Raises:
        ClusterError: They do not serve; the text says why.
    """
    instances, core = Instances(cluster), CoreV1Api(cluster.api)
    instance = instances.get(name)
    if instance["spec"].get("paused"):
        raise ClusterError(f"{name} is paused, so the operator leaves its pods alone; set spec.paused to false first")
    before = {pod: _uid(read_pod(core, cluster.namespace, pod)) for pod in member_names(instance)}
    request = datetime.now(UTC).isoformat()
    instances.annotate(name, {RESTART: request})
    effect = "requests get 503 for some seconds" if len(before) == 1 else "its members do so one after another, the primary last"
    progress.report("restarting", f"{name} restarts; {effect}", instance=name, namespace=cluster.namespace)
    with progress.waiting_for(f"the new pods of {name}"):
        pods = wait_until(lambda: _all_serving(core, cluster.namespace, before), limit_seconds)
    if pods is None:
        degraded = condition(instances.get(name), "Degraded")
        why = str(degraded["message"]) if degraded.get("status") == "True" else "is the operator running? The request stays"
        raise ClusterError(f"{name} does not serve from new pods after {limit_seconds} s: {why}; `kuberedis status {name}` shows more")
    progress.report(
        "restarted", f"{name} serves from new pods", instance=name, namespace=cluster.namespace, request=request, pods=[*map(_uid, pods)]
    )


def _all_serving(core: CoreV1Api, namespace: str, before: Mapping[str, str | None]) -> list[V1Pod] | None:
    """The pods of all members, if each is another one than before and ready."""
    pods = []
    for name, uid in before.items():
        pod = read_pod(core, namespace, name)
        if pod is None or _uid(pod) == uid or not is_serving(pod):
            return None
        pods.append(pod)
    return pods


def _uid(pod: V1Pod | None) -> str | None:
    return pod.metadata.uid if pod is not None and pod.metadata is not None else None
