"""The members of an instance; one that stands alone is a member too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, get_args

from kuberedis_core.body import Body
from kuberedis_core.crd.names import claim_name, pod_name
from kuberedis_core.member_report import MemberReport, Role
from kuberedis_core.members import MEMBERS_OF_HIGH_AVAILABILITY
from kuberedis_core.one_line import one_line
from kuberedis_dashboard.views import amounts
from kuberedis_dashboard.views.pod import PodView
from kuberedis_dashboard.views.volume import VolumeView

ALONE = "alone"
"""Role of a member that has no others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberView:
    """A member, its pod and its volume."""

    ordinal: int
    name: str
    role: str
    in_sync: bool | None
    """It has all data; None if that is not known, or there are no others."""
    lag: str
    pod: PodView | None
    volume: VolumeView | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberNow:
    """What a member itself said a moment ago, in words."""

    name: str
    role: str
    sync: str
    lag: str


def member_count(instance: Body) -> int:
    """How many members an instance shall have."""
    replicas = (instance.get("spec") or {}).get("replicas", 1)
    return replicas if isinstance(replicas, int) and 1 <= replicas <= MEMBERS_OF_HIGH_AVAILABILITY else 1


def member_views(instance: Body, pods: Mapping[str, PodView], volumes: Mapping[str, VolumeView]) -> tuple[MemberView, ...]:
    """The members as the operator's status describes them.

    Args:
        instance: the instance.
        pods: its pods by their names.
        volumes: its claims by their names.
    """
    return tuple(_members(instance, pods, volumes))


def primary_ordinal(instance: Body) -> int:
    """The member that is the primary, or was it last; the first if that is not known."""
    primary = (instance.get("status") or {}).get("primary")
    names = [pod_name(instance["metadata"]["name"], ordinal) for ordinal in range(member_count(instance))]
    return names.index(primary) if primary in names else 0


def member_now(report: MemberReport) -> MemberNow:
    """What a member's report says."""
    if report.role == "primary":
        return MemberNow(name=report.name, role="primary", sync="yes", lag="–")
    lag = amounts.NOT_KNOWN if report.lag_bytes is None else amounts.size(report.lag_bytes)
    return MemberNow(name=report.name, role=report.role, sync=_sync(report), lag=lag)


def in_sync(number: int | None, count: int) -> str:
    """How many of `count` members have all data."""
    return f"{amounts.count(number)} of {count} members"


def in_sync_now(reports: Mapping[int, MemberReport], count: int) -> str:
    """The same, by what the members themselves say. One that does not answer is not among them."""
    return in_sync(sum(report.linked and report.in_sync for report in reports.values()), count)


def takeovers_seen(reports: Mapping[int, MemberReport]) -> str:
    """How often another member became the primary, as far as the sidecars saw it; empty if none did."""
    seen = max(reports.values(), key=lambda report: report.failovers, default=None)
    if seen is None or not seen.failovers:
        return ""
    times = "once" if seen.failovers == 1 else f"{seen.failovers} times"
    last = f", the last time by a {seen.last_change}" if seen.last_change else ""
    return f"the primary changed {times} since the sidecar of {one_line(seen.name)} started{last}"


def _sync(report: MemberReport) -> str:
    if not report.linked:
        return "no link"
    return "yes" if report.in_sync else "copying"


def _members(instance: Body, pods: Mapping[str, PodView], volumes: Mapping[str, VolumeView]) -> Iterator[MemberView]:
    name, count = instance["metadata"]["name"], member_count(instance)
    written = {each.get("name"): each for each in (instance.get("status") or {}).get("members") or ()}
    for ordinal in range(count):
        pod = pod_name(name, ordinal)
        known: Mapping[str, Any] = written.get(pod, {})
        role, lag = known.get("role"), known.get("lagBytes")
        yield MemberView(
            ordinal=ordinal,
            name=pod,
            role=ALONE if count == 1 else str(role) if role in get_args(Role) else "unknown",
            in_sync=known.get("inSync") if count > 1 else None,
            # The operator writes a lag in large steps, so that it does not write with every change of it.
            lag=amounts.NOT_KNOWN if not isinstance(lag, int) else "below 1Mi" if lag == 0 else f"about {amounts.size(lag)}",
            pod=pods.get(pod),
            volume=volumes.get(claim_name(name, ordinal)),
        )
