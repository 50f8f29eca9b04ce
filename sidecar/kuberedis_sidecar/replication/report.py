"""What the operator is told of a member, from what the member has seen. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from kuberedis_core.member_report import MemberReport, ReplicaView, SentinelReport
from kuberedis_sidecar.replication.observation import Address, Observation, ReplicaState


def member_report(seen: Observation, replicas: Mapping[Address, ReplicaState], has_quorum: bool) -> MemberReport:
    """The report, without what only others know: certificates, and how the primary changed.

    Args:
        seen: What was seen last.
        replicas: What the own Sentinel knows of replicas.
        has_quorum: Whether it could have another one promoted.
    """
    own, primary = seen.own, seen.primary
    primary_name = primary.name if primary is not None else None
    sentinel = _sentinel_report(seen, replicas, has_quorum)
    if own is None:
        return MemberReport(name=seen.me, primary=primary_name, sentinel=sentinel)
    is_primary = own.role == "primary"
    lag = max(0, seen.nodes[primary.name].offset - own.offset) if primary is not None and own.in_sync else None
    return MemberReport(
        name=seen.me,
        role=own.role,
        primary=primary_name,
        linked=is_primary or own.link_up,
        in_sync=is_primary or own.has_copy,
        eligible=own.eligible,
        offset=own.offset,
        lag_bytes=lag,
        sentinel=sentinel,
    )


def _sentinel_report(seen: Observation, replicas: Mapping[Address, ReplicaState], has_quorum: bool) -> SentinelReport:
    view = seen.sentinels.get(seen.me)
    if view is None:
        return SentinelReport()
    primary = seen.members.at(*view.primary)
    known = {
        member.name: replicas[member.host, member.redis_port] for member in seen.members if (member.host, member.redis_port) in replicas
    }
    return SentinelReport(
        up=True,
        primary=primary.name if primary is not None else None,
        has_quorum=has_quorum,
        epoch=view.epoch,
        replicas={name: ReplicaView(eligible=state.priority != 0, down=state.down) for name, state in known.items()},
    )
