"""What keeps a pod from serving, as a message that a person can act on. Pure.

The first problem in the order of a pod's life is the cause of the others, so it is the one that is reported.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from kuberedis_core.body import Body
from kuberedis_core.one_line import one_line
from kuberedis_core.timestamps import parse_time

PULLING = frozenset({"ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "RegistryUnavailable"})
"""Why a container waits whose image cannot be pulled."""
REFUSED = frozenset({"CreateContainerConfigError", "CreateContainerError", "RunContainerError"})
"""Why a container waits that cannot be started from its image."""

# How long the exit of a container that runs again is still reported; longer than the kubelet's longest pause between two starts.
_REPORTED_FOR = timedelta(minutes=10)

# How long a pod may outlast its grace period before its node is taken for lost.
_OVERDUE = timedelta(seconds=30)

# What Redis logs when it ends at the second SIGINT.
_INSISTED = "You insist... exiting now"

# How many characters of a container's log are reported.
_LONGEST_LOG = 400


class Problem(NamedTuple):
    """A problem: a reason for programs and a message for people."""

    reason: str
    message: str


def is_ready(pod: Body | None) -> bool:
    """Whether the pod's containers are ready and it is not being deleted."""
    return pod is not None and "deletionTimestamp" not in pod["metadata"] and _condition(pod, "Ready").get("status") == "True"


def is_leaving(pod: Body) -> bool:
    """Whether the pod is being deleted."""
    return "deletionTimestamp" in pod["metadata"]


def pod_problem(pod: Body, now: datetime) -> Problem | None:
    """What keeps this pod from becoming ready, as far as its status says."""
    scheduled = _condition(pod, "PodScheduled")
    if scheduled.get("status") == "False":
        return Problem("Unschedulable", f"the pod fits on no node: {scheduled.get('message', '')}".removesuffix(": "))
    if pod.get("status", {}).get("reason") == "Evicted":
        return Problem("Evicted", f"the pod was evicted: {pod['status'].get('message', '')}")
    return next(filter(None, (_container_problem(pod, container, now) for container in _containers(pod))), None)


def pending_resize(pod: Body) -> Problem | None:
    """Why a running pod does not have its new resources yet."""
    pending = _condition(pod, "PodResizePending")
    if pending.get("status") != "True":
        return None
    return Problem("ResizePending", f"the pod does not have its new resources yet: {pending.get('message') or pending.get('reason', '')}")


def is_on_lost_node(pod: Body, now: datetime) -> bool:
    """Whether the node of a pod does not answer: its kubelet neither reports the pod nor ends it.

    Kubernetes then sets the condition Ready of the pod alone; a kubelet would set ContainersReady as well. See
    https://kubernetes.io/docs/concepts/architecture/nodes/#node-status.
    """
    leaving = parse_time(pod["metadata"].get("deletionTimestamp"))
    if leaving is not None:
        # The time by which it was to have ended.
        return now - leaving > _OVERDUE
    return _condition(pod, "Ready").get("status") == "False" and _condition(pod, "ContainersReady").get("status") == "True"


def recent_restart(pod: Body, now: datetime) -> tuple[Problem, datetime] | None:
    """Why a container was restarted lately, by the kernel or by the sidecar, and until when that is reported; None if none was."""
    for container in _containers(pod):
        ended_at = parse_time(_last_exit(container).get("finishedAt"))
        problem = _restart_problem(pod, container)
        if problem is not None and ended_at is not None and _is_recent(_last_exit(container), now):
            return problem, ended_at + _REPORTED_FOR
    return None


def _restart_problem(pod: Body, container: Body) -> Problem | None:
    ended = _last_exit(container)
    if ended.get("reason") == "OOMKilled":
        return _out_of_memory(container)
    if container["name"] == "redis" and _was_ended(ended) and "deletionTimestamp" not in pod["metadata"]:
        return _script_not_stopped(pod, container)
    return None


def _container_problem(pod: Body, container: Body, now: datetime) -> Problem | None:
    name, waiting, ended = container["name"], container.get("state", {}).get("waiting", {}), _last_exit(container)
    number = container.get("restartCount", 0)
    reason, message = waiting.get("reason", ""), waiting.get("message", "")
    if reason in PULLING:
        return Problem("ImagePullFailed", f"image {container.get('image') or _image(pod, name)!r} cannot be pulled: {message or reason}")
    if reason in REFUSED:
        return Problem("ContainerFailed", f"container {name} cannot be started: {message or reason}")
    if (restarted := _restart_problem(pod, container)) is not None and _is_recent(ended, now):
        return restarted
    # Between two crashes the container runs for a moment, which is no recovery.
    if reason == "CrashLoopBackOff" or (number > 1 and _is_recent(ended, now)):
        command = f"kubectl -n {pod['metadata']['namespace']} logs {pod['metadata']['name']} -c {name} --previous"
        how = f"keeps exiting with code {ended.get('exitCode', 'unknown')}, {_restarts(number)}"
        return Problem("CrashLooping", f"container {name} {how}{_last_output(ended)}; see {command}")
    return None


def _out_of_memory(container: Body) -> Problem:
    remedy = "lower spec.maxmemory or raise spec.resources" if container["name"] == "redis" else "raise spec.resources"
    return Problem(
        "OutOfMemory", f"container {container['name']} ran out of memory, {_restarts(container.get('restartCount', 0))}; {remedy}"
    )


def _was_ended(ended: Body) -> bool:
    """Whether the sidecar ended Redis; otherwise it ends without an error only with its pod."""
    return ended.get("exitCode") == 0 or (ended.get("exitCode") == 1 and _INSISTED in str(ended.get("message", "")))


def _script_not_stopped(pod: Body, container: Body) -> Problem:
    how = "Redis was restarted to end a script that ran longer than spec.limits.scriptTimeoutSeconds and could not be stopped"
    command = f"kubectl -n {pod['metadata']['namespace']} logs {pod['metadata']['name']} -c sidecar"
    return Problem("ScriptNotStopped", f"{how}, {_restarts(container.get('restartCount', 0))}; see {command}")


def _last_output(ended: Body) -> str:
    output = one_line(str(ended.get("message", "")))[-_LONGEST_LOG:].strip()
    return f"; its last output: {output}" if output else ""


def _is_recent(ended: Body, now: datetime) -> bool:
    ended_at = parse_time(ended.get("finishedAt"))
    return ended_at is not None and abs(now - ended_at) < _REPORTED_FOR


def _restarts(number: int) -> str:
    return f"{number} restart" if number == 1 else f"{number} restarts"


def _last_exit(container: Body) -> Body:
    ended = container.get("state", {}).get("terminated") or container.get("lastState", {}).get("terminated") or {}
    return ended if isinstance(ended, dict) else {}


def _containers(pod: Body) -> Iterator[Body]:
    status = pod.get("status", {})
    yield from status.get("initContainerStatuses", ())
    yield from status.get("containerStatuses", ())


def _image(pod: Body, container: str) -> str:
    containers = (*pod["spec"].get("initContainers", ()), *pod["spec"]["containers"])
    return next((str(each.get("image")) for each in containers if each["name"] == container), "")


def _condition(body: Body, kind: str) -> Body:
    return next((each for each in body.get("status", {}).get("conditions", ()) if each["type"] == kind), {})
