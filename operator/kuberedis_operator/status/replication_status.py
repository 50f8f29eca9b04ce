"""What the status says of several members: who is the primary, which have all data, and what is wrong with them. Pure.

A failover takes seconds and a switchover less than one, and requests are held meanwhile: neither is a problem before it has lasted longer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from kuberedis_core.body import Body
from kuberedis_core.crd.names import PROMOTE
from kuberedis_core.member_report import MemberReport
from kuberedis_operator.status.pod_health import Problem, is_on_lost_node
from kuberedis_operator.topology.replication import Replication

NO_PRIMARY_SECONDS = 5.0
"""How long there is no primary before that is reported: requests are held for as long."""
LOST_SECONDS = 30.0
"""How long before it is for the owner to decide."""

_MIB = 2**20


class Replicated(NamedTuple):
    """The condition `Replicated`."""

    status: bool
    reason: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicationStatus:
    """What the status says of several members."""

    replicated: Replicated
    serves: bool
    """There is a primary, or was a moment ago."""
    problem: Problem | None = None
    """Why a failure of another member, or this one, needs a person."""
    fields: Mapping[str, Any] = field(default_factory=dict)
    """Members of the status that are not conditions."""


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
    replication: Replication, pods: Sequence[Body | None], before: Mapping[str, Any], *, since: Mapping[str, float], now: datetime
) -> ReplicationStatus:
    """What the status says.

    Args:
        replication: what the members report.
        pods: their pods, in the same order.
        before: previous status of the instance.
        since: for how many seconds there has been no `primary` and no `quorum`.
        now: current time.
    """
    primary = replication.primary
    fields: dict[str, Any] = {
        "replicas": sum(pod is not None for pod in pods),
        "inSyncReplicas": len(replication.in_sync) if primary is not None else 0,
        "members": [_member(name, replication.reports.get(name)) for name in replication.names],
    }
    # The last one that is known: who it was matters most while there is none.
    if known := primary or before.get("primary"):
        fields["primary"] = known
    return ReplicationStatus(
        replicated=_replicated(replication, since),
        serves=primary is not None or not replication.reports or since["primary"] < NO_PRIMARY_SECONDS,
        problem=next(_problems(replication, pods, since, now), None),
        fields=fields,
    )


def _member(name: str, report: MemberReport | None) -> dict[str, Any]:
    if report is None:
        return {"name": name, "role": "unknown", "inSync": False}
    member = {"name": name, "role": report.role, "inSync": report.in_sync and report.linked}
    return {**member, "lagBytes": _stable(report.lag_bytes)} if report.lag_bytes is not None and report.role == "replica" else member


def _stable(lag: int) -> int:
    """A lag that does not change with every write: 0 below 1 MiB, then the next smaller power of four."""
    return 0 if lag < _MIB else _MIB << ((lag // _MIB).bit_length() - 1) // 2 * 2


def _replicated(replication: Replication, since: Mapping[str, float]) -> Replicated:
    total, synced = len(replication.names), replication.in_sync
    if replication.primary is not None and len(synced) == total:
        return Replicated(True, "InSync", f"all {total} members have all data")
    if replication.reports and not replication.has_quorum and since["quorum"] >= NO_PRIMARY_SECONDS:
        return Replicated(False, "NoQuorum", "less than two Sentinels see each other: no other member can become the primary")
    if silent := [name for name in replication.names if name not in replication.reports]:
        return Replicated(False, "ReplicaDown", f"{', '.join(silent)}: no answer; {len(synced)} of {total} members have all data")
    behind = [name for name in replication.names if name not in synced]
    if any(replication.reports[name].role == "unknown" for name in behind):
        return Replicated(
            False, "ReplicaDown", f"{', '.join(behind)}: Redis does not answer; {len(synced)} of {total} members have all data"
        )
    return Replicated(False, "ReplicaSyncing", f"{', '.join(behind) or 'the members'}: the data are being copied from the primary")


def _problems(replication: Replication, pods: Sequence[Body | None], since: Mapping[str, float], now: datetime) -> Iterator[Problem]:
    if is_primary_lost(replication, since["primary"]):
        yield _primary_lost(replication)
    if replication.reports and replication.primary is None and since["primary"] >= NO_PRIMARY_SECONDS:
        yield Problem("NoPrimary", f"no member is the primary, so requests are answered with 503: {replication.obstacle()}")
    if replication.reports and not replication.has_quorum and since["quorum"] >= NO_PRIMARY_SECONDS:
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
        "PrimaryLost",
        f"all members were down, and {replication.named}, which has the newest data, does not come back; get its pod to run, or have one of"
        f" {', '.join(others) or 'those that come back'} continue with the data that it has:"
        f" kubectl annotate rhi {instance} {PROMOTE}=MEMBER --overwrite",
    )
