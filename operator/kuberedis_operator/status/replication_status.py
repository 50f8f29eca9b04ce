"""What the status says of several members: who is the primary, which have all data, and what is wrong with them. Pure.

A failover takes seconds and a switchover less than one, and requests are held meanwhile: neither is a problem before it has lasted longer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kuberedis_core.body import Body
from kuberedis_core.crd.names import PROMOTE
from kuberedis_core.member_report import MemberReport
from kuberedis_operator.status.condition import Condition
from kuberedis_operator.status.pod_health import Problem, is_on_lost_node, is_ready, pod_problem
from kuberedis_operator.topology.formation import Formation
from kuberedis_operator.topology.replication import Replication

NO_PRIMARY_SECONDS = 5.0
"""How long there is no primary before that is reported: requests are held for as long."""
NO_QUORUM_SECONDS = 15.0
"""How long Sentinels are alone before that is reported: they find each other within some seconds of their start."""
LOST_SECONDS = 30.0
"""How long there is no primary before it is for the owner to decide."""
PRIMARY_LOST = "PrimaryLost"
"""Reason of what the owner decides."""
_BRIEF_SECONDS = 2.0
"""How long members that were whole may seem not to be, before the status says so: one that is busy for a moment does not answer."""
_PATIENCE = {"primary": NO_PRIMARY_SECONDS, "quorum": NO_QUORUM_SECONDS}

_MIB = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicationStatus:
    """What the status says of several members."""

    replicated: Condition
    serves: bool
    """There is a primary, or was a moment ago."""
    problem: Problem | None
    """What a person has to know of."""
    change: Problem | None
    """What is under way, and what it waits for."""
    fields: Mapping[str, Any]
    """Members of the status that are not conditions."""
    settled: bool
    """All members have all data at this moment."""

    @property
    def in_order(self) -> bool:
        """Whether all is as it should be, and nothing is under way."""
        return self.settled and self.problem is None and self.change is None


def is_primary_lost(replication: Replication, seconds: float) -> bool:
    """Whether the primary does not come back and no other member can become it by itself.

    Args:
        replication: what the members report.
        seconds: how long there has been no primary.
    """
    named = replication.named
    if replication.primary is not None or named is None or seconds < LOST_SECONDS:
        return False
    lost = replication.reports.get(named)
    return (lost is None or lost.role == "unknown") and not any(report.eligible for report in replication.reports.values())


def replication_status(
    formation: Formation, pods: Sequence[Body | None], rolled: Problem | None, before: Mapping[str, Any], promote: str, now: datetime
) -> ReplicationStatus:
    """What the status says.

    Args:
        formation: how the members stand.
        pods: their pods, by ordinal.
        rolled: what a roll does, if one is under way.
        before: previous status of the instance.
        promote: the annotation with the member that the owner wants to be the primary.
        now: current time.
    """
    replication, since = formation.replication, formation.since
    # At first members have to find each other.
    is_new = "primary" not in before
    patience = {"primary": LOST_SECONDS, "quorum": LOST_SECONDS} if is_new else _PATIENCE
    missing = {what for what in patience if replication.reports and since[what] >= patience[what]}
    fields, replicated = _fields(replication, pods, before, promote), _replicated(replication, missing)
    is_brief = since["whole"] < _BRIEF_SECONDS and _was_whole(before) and fields.get("primary") == before.get("primary")
    if is_brief and not replicated.status:
        fields |= {name: before[name] for name in ("inSyncReplicas", "members") if name in before}
        replicated = _whole(len(replication.names))
    return ReplicationStatus(
        replicated=replicated,
        serves=replication.primary is not None or not (is_new or "primary" in missing) or not replication.reports,
        problem=next(_problems(replication, pods, missing, since["primary"], now), None),
        change=_change(formation, pods, rolled, now),
        fields=fields,
        settled=replication.is_whole,
    )


def _fields(replication: Replication, pods: Sequence[Body | None], before: Mapping[str, Any], promote: str) -> dict[str, Any]:
    primary = replication.primary
    fields: dict[str, Any] = {
        "replicas": sum(pod is not None for pod in pods),
        "inSyncReplicas": len(replication.in_sync) if primary is not None else 0,
        "members": [_member(name, replication.reports.get(name)) for name in replication.names],
    }
    # The last one that is known: who it was matters most while there is none.
    if known := primary or before.get("primary"):
        fields["primary"] = known
    if promote in replication.names and (primary is not None or before.get("promoted") == promote):
        fields["promoted"] = promote
    return fields


def _change(formation: Formation, pods: Sequence[Body | None], rolled: Problem | None, now: datetime) -> Problem | None:
    if formation.pods < len(pods) or formation.waits:
        waits = f"; at present {formation.waits}" if formation.waits else ""
        return Problem("Scaling", f"the instance gets fewer members, one at a time{waits}")
    if rolled is not None:
        return rolled
    if formation.founder is not None:
        return Problem("Scaling", f"the instance gets more members, which take over the data of {formation.founder}")
    starting = [name for name, pod in zip(formation.replication.names, pods, strict=True) if _is_starting(pod, now)]
    return Problem("MemberNotReady", f"not ready yet: {', '.join(starting)}") if starting else None


def _is_starting(pod: Body | None, now: datetime) -> bool:
    return not is_ready(pod) and (pod is None or not (is_on_lost_node(pod, now) or pod_problem(pod, now)))


def _member(name: str, report: MemberReport | None) -> dict[str, Any]:
    if report is None:
        return {"name": name, "role": "unknown", "inSync": False}
    member = {"name": name, "role": report.role, "inSync": report.in_sync and report.linked}
    return {**member, "lagBytes": _stable(report.lag_bytes)} if report.lag_bytes is not None and report.role == "replica" else member


def _stable(lag: int) -> int:
    """A lag that does not change with every write: 0 below 1 MiB, then the next smaller power of four."""
    return 0 if lag < _MIB else _MIB << ((lag // _MIB).bit_length() - 1) // 2 * 2


def _replicated(replication: Replication, missing: Set[str]) -> Condition:
    total, synced = len(replication.names), replication.in_sync
    if replication.is_whole:
        return _whole(total)
    if "quorum" in missing:
        return Condition("Replicated", False, "NoQuorum", "less than two Sentinels see each other: no other member can become the primary")
    if silent := [name for name in replication.names if name not in replication.reports]:
        return Condition(
            "Replicated", False, "ReplicaDown", f"{', '.join(silent)}: no answer; {len(synced)} of {total} members have all data"
        )
    behind = [name for name in replication.names if name not in synced]
    if any(replication.reports[name].role == "unknown" for name in behind):
        return Condition(
            "Replicated",
            False,
            "ReplicaDown",
            f"{', '.join(behind)}: Redis does not answer; {len(synced)} of {total} members have all data",
        )
    return Condition(
        "Replicated", False, "ReplicaSyncing", f"{', '.join(behind) or 'the members'}: the data are being copied from the primary"
    )


def _whole(total: int) -> Condition:
    return Condition("Replicated", True, "InSync", f"all {total} members have all data")


def _was_whole(before: Mapping[str, Any]) -> bool:
    return any((each["type"], each["status"]) == ("Replicated", "True") for each in before.get("conditions", ()))


def _problems(replication: Replication, pods: Sequence[Body | None], missing: Set[str], seconds: float, now: datetime) -> Iterator[Problem]:
    if is_primary_lost(replication, seconds):
        yield _primary_lost(replication)
    if "primary" in missing:
        yield Problem("NoPrimary", f"no member is the primary, so requests are answered with 503: {replication.obstacle()}")
    if "quorum" in missing:
        yield Problem(
            "NoQuorum",
            "less than two Sentinels see each other: should the primary fail, no other member takes over; get more members to run",
        )
    for name, pod in zip(replication.names, pods, strict=True):
        if pod is not None and is_on_lost_node(pod, now):
            node = pod["spec"].get("nodeName", "")
            yield Problem(
                "NodeLost",
                f"node {node} does not answer, so {name} is down until it does; if it is gone for good:"
                f" kubectl taint nodes {node} node.kubernetes.io/out-of-service=nodeshutdown:NoExecute",
            )


def _primary_lost(replication: Replication) -> Problem:
    instance = replication.names[0].rpartition("-")[0]
    others = [f"{name} (offset {report.offset})" for name, report in sorted(replication.reports.items()) if report.role == "replica"]
    return Problem(
        PRIMARY_LOST,
        f"all members were down, and {replication.named}, which has the newest data, does not come back; get its pod to run, or have one of"
        f" {', '.join(others) or 'those that come back'} continue with the data that it has:"
        f" kubectl annotate rhi {instance} {PROMOTE}=MEMBER --overwrite",
    )
