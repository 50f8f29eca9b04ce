"""How an instance gets more members, or fewer, while it serves. Pure.

Theory of operation. What a StatefulSet and its pods look like, and what members have been told of each other, says how far a change is, so
nothing else has to be remembered.

- More: the StatefulSet gets its new template and number at once. The first member is the founder: until all others have its data, only it
  may be the primary, because volumes of a former life may be mounted by the others. A pod of the old form is replaced once (`roll_order`).
- Fewer: others are taken away at once if the first is the primary, otherwise the highest ordinal at a time: a primary that ends hands its
  role over, to the first in the end, as no other is left. Then the first is told that it is alone. It keeps the form of several members,
  and so serves on without a restart; it gets the form of one member with the next restart that it has for any other cause.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from kuberedis_core.body import Body
from kuberedis_core.members import MEMBERS_OF_HIGH_AVAILABILITY, Members
from kuberedis_operator.status.pod_health import is_leaving
from kuberedis_operator.topology.replication import Replication

_SENTINEL = "sentinel"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """What an instance consists of for now."""

    members: int
    """Members of its topology: 1, or as many as high availability has."""
    pods: int
    """Pods of its StatefulSet."""
    founder: str | None = None
    """The member whose data the others take over, while they do."""
    alone: bool = False
    """The first member is all that is left of several."""
    waits: str = ""
    """Why no further member is taken away now, as a clause."""


def is_replicated(body: Body | None) -> bool:
    """Whether a StatefulSet's template, or a pod, is of the form of several members."""
    if body is None:
        return False
    spec = body["spec"]["template"]["spec"] if "template" in body["spec"] else body["spec"]
    return any(container["name"] == _SENTINEL for container in spec["containers"])


def members_with_claims(stateful_set: Body | None) -> int:
    """How many members have had claims, by the StatefulSet as it is: these are made before it."""
    if stateful_set is None:
        return 0
    return MEMBERS_OF_HIGH_AVAILABILITY if is_replicated(stateful_set) else 1


def scale_of(wanted: int, stateful_set: Body | None, pods: Sequence[Body | None], replication: Replication, told: Members) -> Scale:
    """What an instance consists of for now.

    Args:
        wanted: members that the spec wants.
        stateful_set: the StatefulSet as it is.
        pods: pods of the members of high availability, by ordinal.
        replication: what these members report.
        told: the members, as they have been told of each other so far; none if there are no several.
    """
    if wanted > 1:
        return Scale(members=wanted, pods=wanted, founder=_founder(stateful_set, pods, replication, told))
    if stateful_set is None and any(map(is_replicated, pods[1:])):
        # It is being replaced, and goes on as it was.
        return Scale(members=len(pods), pods=len(pods))
    # A founder of the old form has all data yet, and serves without the others.
    if stateful_set is None or not is_replicated(stateful_set) or (told.founder is not None and not is_replicated(pods[0])):
        return Scale(members=1, pods=1)
    if _is_alone(told):
        return Scale(members=len(pods), pods=1, alone=True)
    return replace(_shrunk(stateful_set["spec"]["replicas"], pods, replication), founder=_still_founder(replication, told))


def _founder(stateful_set: Body | None, pods: Sequence[Body | None], replication: Replication, told: Members) -> str | None:
    is_of_one = pods[0] is not None and not is_replicated(pods[0])
    if is_of_one or _is_alone(told) or (stateful_set is not None and not is_replicated(stateful_set)):
        return replication.names[0]
    return _still_founder(replication, told)


def _still_founder(replication: Replication, told: Members) -> str | None:
    return told.founder if told.founder in replication.names and replication.obstacle() else None


def _is_alone(told: Members) -> bool:
    return len(told.all) == 1


def _shrunk(has: int, pods: Sequence[Body | None], replication: Replication) -> Scale:
    def scale(number: int, waits: str = "") -> Scale:
        return Scale(members=MEMBERS_OF_HIGH_AVAILABILITY, pods=number, waits=waits)

    names = replication.names
    if has <= 1:
        first = replication.reports.get(names[0])
        if staying := [name for name, pod in zip(names[1:], pods[1:], strict=True) if pod is not None and not is_leaving(pod)]:
            return scale(1, f"{staying[0]} does not end yet")
        if first is not None and first.role == "primary":
            return Scale(members=len(pods), pods=1, alone=True)
        if any(pods[1:]):
            return scale(1, f"{names[0]} is not the primary yet")
        # A member that is alone cannot become the primary: two Sentinels are needed for that.
        return scale(2) if first is not None else scale(1, f"{names[0]} does not answer the operator")
    if leaving := [name for name, pod in zip(names[has:], pods[has:], strict=True) if pod is not None]:
        return scale(has, f"{leaving[0]} has not ended yet")
    if replication.primary == names[0]:
        return scale(1)
    waits = replication.among(names[:has]).obstacle()
    return scale(has, waits) if waits else scale(has - 1)
