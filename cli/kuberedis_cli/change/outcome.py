"""`--wait` of `create`, `set` and `delete`: waits until an instance is as its spec says, or gone, and otherwise says why it is not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from kubernetes.client import CoreV1Api
from kubernetes.client.exceptions import ApiException

from kuberedis_cli.cluster.connection import Cluster
from kuberedis_cli.cluster.events import events_of
from kuberedis_cli.cluster.instances import Instances, condition
from kuberedis_cli.cluster.pod import member_names
from kuberedis_cli.cluster.status.report import event_of, moment_of
from kuberedis_cli.cluster.waiting import wait_until
from kuberedis_cli.errors import ClusterError
from kuberedis_cli.output.console import waiting_for
from kuberedis_core.body import Body
from kuberedis_core.one_line import one_line

UNSEEN = "the operator has not seen it yet"


def until_ready(cluster: Cluster, written: Body, limit_seconds: int, *, as_lines: bool) -> Body:
    """Wait until an instance serves as its spec says, and return it.

    Args:
        cluster: Cluster and namespace.
        written: The instance as it was created or changed.
        limit_seconds: Longest time to wait.
        as_lines: Whether to write a line for each new reason where there is no terminal.

    Raises:
        ClusterError: It does not within that time, and why; or it was deleted.
    """
    instances, began = Instances(cluster), datetime.now(UTC)
    name, generation = written["metadata"]["name"], written["metadata"]["generation"]
    latest = written

    def ready(tell: Callable[[str], None]) -> bool:
        nonlocal latest
        latest = instances.get(name)
        if reason := pending(latest, generation):
            tell(reason)
        return not reason

    with waiting_for(f"{name} to be ready", as_lines=as_lines) as tell:
        if wait_until(lambda: ready(tell), limit_seconds):
            return latest
    warning = _last_warning(cluster, latest, began)
    raise ClusterError(
        f"{name} is not ready after {limit_seconds} s: {pending(latest, generation)}{warning}; `kuberedis doctor {name}` says more"
    )


def until_gone(cluster: Cluster, instance: Body, limit_seconds: int, *, as_lines: bool) -> None:
    """Wait until an instance that was deleted is gone with its children; arguments as of `until_ready`.

    Raises:
        ClusterError: It is there after that time, and why.
    """
    instances, name, uid = Instances(cluster), instance["metadata"]["name"], instance["metadata"]["uid"]
    holders = ""

    def gone(tell: Callable[[str], None]) -> bool:
        nonlocal holders
        found = instances.find(name)
        if found is None or found["metadata"]["uid"] != uid:
            return True
        holders = ", ".join(found["metadata"].get("finalizers", ()))
        tell(f"held by {holders}")
        return False

    with waiting_for(f"{name} to be gone", as_lines=as_lines) as tell:
        if wait_until(lambda: gone(tell), limit_seconds):
            return
    raise ClusterError(f"{name} is still there after {limit_seconds} s, held by {holders}; `kuberedis doctor {name}` says more")


def pending(instance: Body, generation: int) -> str:
    """Why an instance is not yet as its spec of a generation says, on one line; empty if it is. Pure."""
    ready, progressing = condition(instance, "Ready"), condition(instance, "Progressing")
    if ready.get("observedGeneration", 0) < generation:
        return UNSEEN
    unfinished = ready if ready["status"] != "True" else progressing if progressing.get("status") == "True" else None
    return "" if unfinished is None else one_line(f"{unfinished.get('message', '')} ({unfinished.get('reason', '')})")


def _last_warning(cluster: Cluster, instance: Body, since: datetime) -> str:
    """The end of a sentence with the last warning about an instance or a child since a moment; empty if there is or may be seen none."""
    core, name = CoreV1Api(cluster.api), instance["metadata"]["name"]
    try:
        found = [
            event
            for event in events_of(core, cluster.namespace, name, len(member_names(instance)))
            if event.type == "Warning" and moment_of(event) >= since
        ]
    except ApiException:
        return ""
    if not found:
        return ""
    last = event_of(max(found, key=moment_of))
    return f"; the last warning is of {last.object}: {last.message} ({last.reason})"
