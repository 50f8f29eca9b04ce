"""How an instance gets more members, or fewer, while it serves. Pure.

Theory of operation. What a StatefulSet and its pods look like says how far a change is, so nothing else has to be remembered.

- More: the StatefulSet gets its new template and number at once. The first member, of the old form, is the founder: until all others have
  its data, only it may be the primary, because volumes of a former life may be mounted by the others. It is replaced once (`roll_order`).
- Fewer: the form of several members stays until the first is the only one left. Others are taken away at once if the first is the
  primary, otherwise the highest ordinal at a time: a primary that ends hands its role over, to the first in the end, as no other is left.
  Then the first is replaced by a pod of the form of one member.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kuberedis_core.body import Body
from kuberedis_core.members import MEMBERS_OF_HIGH_AVAILABILITY
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


def scale_of(wanted: int, stateful_set: Body | None, pods: Sequence[Body | None], replication: Replication, founder: str | None) -> Scale:
    """What an instance consists of for now.

    Args:
        wanted: members that the spec wants.
        stateful_set: the StatefulSet as it is.
        pods: pods of the members of high availability, by ordinal.
        replication: what these members report.
        founder: the founder, as the members have been told so far.
    """
    if wanted > 1:
        return Scale(members=wanted, pods=wanted, founder=_founder(stateful_set, pods, replication, founder))
    if stateful_set is None and any(map(is_replicated, pods[1:])):
        # It is being replaced, and goes on as it was.
        return Scale(members=len(pods), pods=len(pods))
    if stateful_set is None or not is_replicated(stateful_set) or founder is not None:
        return Scale(members=1, pods=1)
    return _shrunk(stateful_set["spec"]["replicas"], pods, replication)


def _founder(stateful_set: Body | None, pods: Sequence[Body | None], replication: Replication, founder: str | None) -> str | None:
    first = replication.names[0]
    alone = pods[0] is not None and not is_replicated(pods[0])
    if alone or (stateful_set is not None and not is_replicated(stateful_set)):
        return first
    return founder if replication.obstacle() else None


def _shrunk(has: int, pods: Sequence[Body | None], replication: Replication) -> Scale:
    def scale(number: int, waits: str = "") -> Scale:
        return Scale(members=MEMBERS_OF_HIGH_AVAILABILITY, pods=number, waits=waits)

    names = replication.names
    if leaving := [name for name, pod in zip(names[has:], pods[has:], strict=True) if pod is not None and not _has_no_redis(pod)]:
        return scale(has, f"{leaving[0]} has not ended yet")
    first = replication.reports.get(names[0])
    if has <= 1:
        if first is None:
            return scale(1, f"{names[0]} does not answer the operator")
        # A member that is alone cannot become the primary: two Sentinels are needed for that.
        return Scale(members=1, pods=1) if first.role == "primary" else scale(2)
    if replication.primary == names[0]:
        return scale(1)
    waits = replication.among(names[:has]).obstacle()
    return scale(has, waits) if waits else scale(has - 1)


def _has_no_redis(pod: Body) -> bool:
    """Whether the Redis of a pod has ended for good; its sidecar serves for some seconds more, from the others."""
    redis: Body = next((each for each in pod.get("status", {}).get("containerStatuses", ()) if each["name"] == "redis"), {})
    return "deletionTimestamp" in pod["metadata"] and "terminated" in redis.get("state", {})
