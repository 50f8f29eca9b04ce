"""The status of an instance, from what was observed. Pure.

By the API conventions (https://github.com/kubernetes/community/blob/master/contributors/devel/sig-architecture/api-conventions.md#typical-status-properties):
every condition is always present, names the generation that it describes, and its lastTransitionTime changes only with its status.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from kuberedis_core.body import Body
from kuberedis_core.one_line import one_line
from kuberedis_core.timestamps import format_time
from kuberedis_operator.status.pod_health import Problem
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
    """Every member's pod is ready."""
    pod_problem: Problem | None = None
    past_problem: Problem | None = None
    """What went wrong lately, or is not as wanted, while the pods are ready."""
    restarting: str = ""
    """Why a pod is being replaced; empty if none is."""
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


class _Condition(NamedTuple):
    type: str
    status: bool
    reason: str
    message: str = ""


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


def _rendered(condition: _Condition, generation: int, before: Body | None, now: datetime) -> dict[str, Any]:
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


def _ready(observed: Observed) -> _Condition:
    if not observed.pods_ready:
        starting = Problem("Paused", _PAUSED) if observed.paused else Problem("PodNotReady", "the pod is starting")
        problem = _obstacle(observed) or starting
        return _Condition("Ready", False, problem.reason, problem.message)
    if observed.route_conflict is not None:
        return _Condition("Ready", False, "RouteConflict", observed.route_conflict.message)
    if observed.route_problem:
        return _Condition("Ready", False, "RouteNotAdmitted", observed.route_problem)
    where = f"serving at {observed.url or observed.path}" if observed.path else "serving inside the cluster"
    return _Condition("Ready", True, "Serving", "; ".join(filter(None, (where, observed.key_note))))


def _progressing(observed: Observed, ready: _Condition) -> _Condition:
    if observed.paused:
        return _Condition("Progressing", False, "Paused", _PAUSED)
    if observed.restarting:
        return _Condition("Progressing", True, "Restarting", f"the pod is restarted, {observed.restarting}")
    if (problem := _obstacle(observed)) is not None:
        return _Condition("Progressing", False, "Stalled", problem.message)
    if observed.pulling:
        return _Condition("Progressing", True, "PullingImage", "the pod is restarted as soon as its new image is on the node")
    if not ready.status and observed.route_conflict is None:
        return _Condition("Progressing", True, ready.reason, ready.message)
    return _Condition("Progressing", False, "Complete")


def _degraded(observed: Observed) -> _Condition:
    problem = _obstacle(observed) or observed.past_problem
    if problem is None and observed.volume_obstacle:
        problem = Problem("ExpansionNotSupported", observed.volume_obstacle)
    if problem is not None:
        return _Condition("Degraded", True, problem.reason, problem.message)
    return _Condition("Degraded", False, "AsExpected")


def _route_conflict(observed: Observed) -> _Condition:
    if (problem := observed.route_conflict or observed.hidden_route) is not None:
        return _Condition("RouteConflict", True, problem.reason, problem.message)
    return _Condition("RouteConflict", False, "NoConflict")


def _name_conflict(observed: Observed) -> _Condition:
    if observed.taken_names:
        return _Condition("NameConflict", True, "NameTaken", _names_taken(observed))
    return _Condition("NameConflict", False, "NoConflict")


def _storage(observed: Observed) -> _Condition:
    if observed.volume_obstacle:
        return _Condition("StorageResizing", False, "ExpansionNotSupported", observed.volume_obstacle)
    if observed.volume is VolumeProgress.UNBOUND:
        return _Condition("StorageResizing", True, "VolumeUnbound", "the volume grows as soon as it is bound")
    if observed.volume in (VolumeProgress.TOO_SMALL, VolumeProgress.GROWING):
        return _Condition("StorageResizing", True, "Growing", f"the volume grows to {observed.capacity}")
    return _Condition("StorageResizing", False, "NoVolume" if observed.volume is VolumeProgress.NONE else "AsWanted")


def _obstacle(observed: Observed) -> Problem | None:
    """What a person has to fix before anything continues."""
    if observed.refusals:
        return observed.refusals[0]
    if observed.taken_names:
        return Problem("NameConflict", _names_taken(observed))
    return observed.volume_problem or (None if observed.pods_ready else observed.pod_problem)


def _names_taken(observed: Observed) -> str:
    names = ", ".join(observed.taken_names)
    return f"{names}: exists and does not belong to this instance, so it was not changed; delete it, or give the instance another name"
