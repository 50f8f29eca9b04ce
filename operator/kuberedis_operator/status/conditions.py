"""The status of an instance, from what was observed. Pure.

By the API conventions (https://github.com/kubernetes/community/blob/master/contributors/devel/sig-architecture/api-conventions.md#typical-status-properties):
every condition is always present, names the generation that it describes, and its lastTransitionTime changes only with its status. A
member on its own has none of those about several.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from kuberedis_core.body import Body
from kuberedis_core.one_line import one_line
from kuberedis_core.timestamps import format_time
from kuberedis_operator.status.condition import Condition
from kuberedis_operator.status.pod_health import Problem
from kuberedis_operator.status.replication_status import PRIMARY_LOST
from kuberedis_operator.status.volume_health import VolumeProgress

_LONGEST_MESSAGE = 4096
"""Characters of a message, of which others may have written any part. The API takes 32768."""
_PAUSED = "spec.paused is true: nothing is created, changed or restored"


@dataclass(frozen=True, kw_only=True)
class Observed:
    """The observed state of an instance, from which its status is computed."""

    generation: int
    paused: bool = False
    fields: Mapping[str, Any] = field(default_factory=dict)
    """Members of the status that are not conditions."""
    url: str = ""
    refusals: tuple[Problem, ...] = ()
    """What kept the operator from writing children: an invalid spec, a child that the API server refused."""
    taken_names: tuple[str, ...] = ()
    """Children whose names belong to objects of another owner, such as `Service my-cache-http`."""
    route_conflict: Problem | None = None
    """Why the instance does not have the route that it wants."""
    hidden_route: Problem | None = None
    """Where requests do not arrive, although it has it."""
    path: str = ""
    pods_ready: bool = False
    """The pod is ready, or of several members one is, and they have a primary."""
    pod_problem: Problem | None = None
    past_problem: Problem | None = None
    """What went wrong lately, or is not as wanted, while the pods are ready."""
    restarting: str = ""
    """Why the pod of a member on its own is being replaced; empty if it is not."""
    change: Problem | None = None
    """A change of several members that is under way, and what it waits for."""
    stopped: Problem | None = None
    """Why such a change does not go on."""
    of_several: tuple[Condition, ...] = ()
    """The conditions that only several members have."""
    replication_problem: Problem | None = None
    """What is wrong between several members."""
    pulling: bool = False
    """An image is being pulled before a pod is replaced for it."""
    route_problem: str = ""
    """Why no request arrives through the route, if one is wanted."""
    volume_problem: Problem | None = None
    """Why the data are in danger."""
    volume: VolumeProgress = VolumeProgress.NONE
    volume_obstacle: str = ""
    """Why a volume does not grow."""
    capacity: str = ""
    """The size that each volume shall have, a quantity."""
    key_note: str = ""
    """What the owner should know of the key."""


def compute(observed: Observed, previous: Body, now: datetime) -> dict[str, Any]:
    """The status to write.

    Args:
        observed: observed state of the instance.
        previous: present status of the instance.
        now: current time.
    """
    ready = _ready(observed)
    conditions = (
        ready,
        _progressing(observed, ready),
        _degraded(observed),
        _route_conflict(observed),
        _name_conflict(observed),
        _storage(observed),
        *observed.of_several,
    )
    before = {condition["type"]: condition for condition in previous.get("conditions", ())}
    status = {
        **observed.fields,
        "observedGeneration": observed.generation,
        "conditions": [_rendered(condition, observed.generation, before.get(condition.type), now) for condition in conditions],
    }
    if observed.url:
        status["url"] = observed.url
    return status


def _rendered(condition: Condition, generation: int, before: Body | None, now: datetime) -> dict[str, Any]:
    status = "True" if condition.status else "False"
    since = before["lastTransitionTime"] if before is not None and before["status"] == status else format_time(now)
    return {
        "type": condition.type,
        "status": status,
        "reason": condition.reason,
        "message": one_line(condition.message)[:_LONGEST_MESSAGE],
        "observedGeneration": generation,
        "lastTransitionTime": since,
    }


def _ready(observed: Observed) -> Condition:
    if not observed.pods_ready:
        starting = Problem("Paused", _PAUSED) if observed.paused else Problem("PodNotReady", "the pod is starting")
        problem = _obstacle(observed) or observed.replication_problem or starting
        return Condition("Ready", False, problem.reason, problem.message)
    if observed.route_conflict is not None:
        return Condition("Ready", False, "RouteConflict", observed.route_conflict.message)
    if observed.route_problem:
        return Condition("Ready", False, "RouteNotAdmitted", observed.route_problem)
    where = f"serving at {observed.url or observed.path}" if observed.path else "serving inside the cluster"
    return Condition("Ready", True, "Serving", "; ".join(filter(None, (where, observed.key_note))))


def _progressing(observed: Observed, ready: Condition) -> Condition:
    if observed.paused:
        return Condition("Progressing", False, "Paused", _PAUSED)
    if observed.restarting:
        return Condition("Progressing", True, "Restarting", f"the pod is restarted, {observed.restarting}")
    if (problem := _obstacle(observed)) is not None:
        return Condition("Progressing", False, "Stalled", problem.message)
    if observed.change is not None:
        return Condition("Progressing", True, observed.change.reason, observed.change.message)
    if observed.pulling:
        return Condition("Progressing", True, "PullingImage", "the pod is restarted as soon as its new image is on the node")
    if not ready.status and observed.route_conflict is None:
        return Condition("Progressing", True, ready.reason, ready.message)
    return Condition("Progressing", False, "Complete")


def _degraded(observed: Observed) -> Condition:
    problem = _obstacle(observed) or observed.replication_problem or observed.past_problem
    if problem is None and observed.volume_obstacle:
        problem = Problem("ExpansionNotSupported", observed.volume_obstacle)
    if problem is not None:
        return Condition("Degraded", True, problem.reason, problem.message)
    return Condition("Degraded", False, "AsExpected")


def _route_conflict(observed: Observed) -> Condition:
    if (problem := observed.route_conflict or observed.hidden_route) is not None:
        return Condition("RouteConflict", True, problem.reason, problem.message)
    return Condition("RouteConflict", False, "NoConflict")


def _name_conflict(observed: Observed) -> Condition:
    if observed.taken_names:
        return Condition("NameConflict", True, "NameTaken", _names_taken(observed))
    return Condition("NameConflict", False, "NoConflict")


def _storage(observed: Observed) -> Condition:
    if observed.volume_obstacle:
        return Condition("StorageResizing", False, "ExpansionNotSupported", observed.volume_obstacle)
    if observed.volume is VolumeProgress.UNBOUND:
        return Condition("StorageResizing", True, "VolumeUnbound", "the volume grows as soon as it is bound")
    if observed.volume in (VolumeProgress.TOO_SMALL, VolumeProgress.GROWING):
        return Condition("StorageResizing", True, "Growing", f"the volume grows to {observed.capacity}")
    return Condition("StorageResizing", False, "NoVolume" if observed.volume is VolumeProgress.NONE else "AsWanted")


def _obstacle(observed: Observed) -> Problem | None:
    """What a person has to fix before anything continues."""
    if observed.refusals:
        return observed.refusals[0]
    if observed.taken_names:
        return Problem("NameConflict", _names_taken(observed))
    lost = observed.replication_problem
    if lost is not None and lost.reason == PRIMARY_LOST:
        # Whatever is wrong with a pod besides, nothing goes on before somebody decides.
        return lost
    return observed.volume_problem or observed.stopped or (None if observed.pods_ready else observed.pod_problem)


def _names_taken(observed: Observed) -> str:
    names = ", ".join(observed.taken_names)
    return f"{names}: exists and does not belong to this instance, so it was not changed; delete it, or give the instance another name"
