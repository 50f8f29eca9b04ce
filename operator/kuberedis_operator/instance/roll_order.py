"""Which pod of several members is replaced next, or why none is now. Pure.

Theory of operation. A pod is replaced by deleting it: the StatefulSet makes a new one from its newest template. One pod at a time, and
only while all members are ready, linked, in sync and fit to be promoted in the eyes of every Sentinel, so that one can always take over.
Replicas come first, the highest ordinal before the others, and the primary comes last: its pod hands the role over before it ends.
Exceptions:

- A pod that cannot become ready, such as one whose image cannot be pulled, is no use to the others: if it is outdated it is replaced at
  once. If it is of the newest template, the template is at fault, and the roll stops before it reaches the next member.
- A pod of an instance that had one member is not part of the others yet. It has all data and serves alone, so it is replaced as soon as
  the new members have started and can follow it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from kuberedis_core.body import Body
from kuberedis_core.timestamps import parse_time
from kuberedis_operator.instance.scaling import is_replicated
from kuberedis_operator.status.pod_health import Problem, is_ready, pod_problem
from kuberedis_operator.topology.replication import Replication

# Until then a new pod without a node is no problem yet.
_TIME_TO_BE_PLACED = timedelta(seconds=3)


@dataclass(frozen=True, slots=True, kw_only=True)
class RollMember:
    """The pod of one member."""

    name: str
    exists: bool = True
    """It is there and is not being deleted."""
    outdated: bool = False
    """It is to be replaced."""
    ready: bool = True
    stuck: Problem | None = None
    """Why it cannot become ready without a change of its spec."""
    standalone: bool = False
    """It is the pod of an instance with one member."""


@dataclass(frozen=True, slots=True)
class RollStep:
    """What a roll does now; nothing if all pods are up to date."""

    replace: str | None = None
    """The pod to delete."""
    waits: str = ""
    """Why none is deleted now, as a clause."""
    stopped: Problem | None = None
    """Why the roll does not go on before the spec is changed."""


def roll_member(name: str, pod: Body | None, now: datetime, *, outdated: bool) -> RollMember:
    """A member by its pod.

    Args:
        name: name of the pod.
        pod: the pod, if there is one.
        now: current time.
        outdated: whether it is to be replaced.
    """
    if pod is None or "deletionTimestamp" in pod["metadata"]:
        return RollMember(name=name, exists=False, ready=False)
    ready = is_ready(pod)
    created = parse_time(pod["metadata"].get("creationTimestamp"))
    has_had_time = created is None or now - created >= _TIME_TO_BE_PLACED
    return RollMember(
        name=name,
        outdated=outdated,
        ready=ready,
        stuck=pod_problem(pod, now) if not ready and has_had_time else None,
        standalone=not is_replicated(pod),
    )


def next_step(members: Sequence[RollMember], replication: Replication) -> RollStep:
    """The next step of a roll.

    Args:
        members: all members, by ordinal.
        replication: what they report.
    """
    outdated = [member for member in members if member.outdated and member.exists]
    if not outdated:
        return RollStep()
    if (stuck := _stuck(outdated, members, replication)) is not None:
        return RollStep(replace=stuck.name)
    for member in members:
        if member.stuck is not None and not member.outdated:
            message = f"{member.name}: {member.stuck.message}; no other pod is restarted before this one is ready, or its spec repaired"
            return RollStep(stopped=Problem(member.stuck.reason, message))
    if (founder := next((member for member in outdated if member.standalone), None)) is not None:
        waits = _not_started(founder, members, replication)
        return RollStep(waits=waits) if waits else RollStep(replace=founder.name)
    if waits := next(filter(None, map(_not_ready, members)), "") or replication.obstacle():
        return RollStep(waits=waits)
    replicas = [member for member in outdated if member.name != replication.primary]
    return RollStep(replace=(replicas or outdated)[-1].name)


def _stuck(outdated: Sequence[RollMember], members: Sequence[RollMember], replication: Replication) -> RollMember | None:
    """The outdated pod that can be replaced although the members are not in order, because it is no use as it is."""
    if any(not member.exists or not (member.ready or member.stuck) for member in members):
        return None
    for member in reversed(outdated):
        others = replication.among(tuple(other.name for other in members if other is not member and other.ready))
        # Its Redis may be the primary all the same, and is replaced only if another one can take over, or nothing works anyway.
        can_go = member.name not in (replication.primary, replication.named) or not others.names or others.names == others.in_sync
        if member.stuck and can_go:
            return member
    return None


def _not_started(founder: RollMember, members: Sequence[RollMember], replication: Replication) -> str:
    """Why the others cannot follow `founder` yet, as a clause; empty if they can."""
    for member in members:
        report = replication.reports.get(member.name)
        if member is not founder and (not member.exists or report is None or report.role != "replica" or not report.sentinel.up):
            return f"{member.name} has not started yet"
    return ""


def _not_ready(member: RollMember) -> str:
    if not member.exists:
        return f"{member.name} is being replaced"
    return "" if member.ready else f"{member.name} is not ready"
