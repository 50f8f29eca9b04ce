"""The metrics of a member of a highly available instance; an instance of one member has none of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import get_args

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from kuberedis_core.member_report import MemberReport, Role
from kuberedis_core.timestamps import parse_time


@dataclass(frozen=True, slots=True)
class MemberSnapshot:
    """The state of one member at a scrape."""

    instance: str
    report: MemberReport
    held: int
    """Commands that wait for a primary."""
    tls_failures: int | None = None
    """How many times a new certificate was refused; None without TLS."""


# Name, help, and the value; None where it is not known.
_GAUGES: tuple[tuple[str, str, Callable[[MemberSnapshot], int | None]], ...] = (
    ("kuberedis_member_linked", "Whether the member's Redis is the primary, or its link to the primary is up", lambda s: s.report.linked),
    ("kuberedis_member_in_sync", "Whether the member's Redis has had a complete copy of the data", lambda s: s.report.in_sync),
    ("kuberedis_member_replication_offset_bytes", "Replication offset of the member's Redis", lambda s: s.report.offset),
    ("kuberedis_member_replication_lag_bytes", "How far the member's Redis is behind the primary", lambda s: s.report.lag_bytes),
    ("kuberedis_member_sentinel_up", "Whether the member's Sentinel answers", lambda s: s.report.sentinel.up),
    ("kuberedis_member_quorum", "Whether the member's Sentinel could have another member promoted", lambda s: s.report.sentinel.has_quorum),
    ("kuberedis_commands_held", "Batches of commands that wait for a primary", lambda s: s.held),
)


def families(snapshots: Sequence[MemberSnapshot]) -> Iterator[Metric]:
    """The metric families of members; none if there is no member."""
    if not snapshots:
        return
    role = GaugeMetricFamily("kuberedis_member_role", "1 for the role of the member's Redis", labels=["name", "role"])
    failovers = CounterMetricFamily(
        "kuberedis_member_failovers", "Changes of the primary, planned or not, that the sidecar has seen", labels=["name"]
    )
    for snapshot in snapshots:
        for name in get_args(Role):
            role.add_metric([snapshot.instance, name], int(snapshot.report.role == name))
        failovers.add_metric([snapshot.instance], snapshot.report.failovers)
    yield role
    yield failovers
    yield from _tls(snapshots)
    for name, text, value in _GAUGES:
        family = GaugeMetricFamily(name, text, labels=["name"])
        for snapshot in snapshots:
            if (known := value(snapshot)) is not None:
                family.add_metric([snapshot.instance], known)
        yield family


def _tls(snapshots: Sequence[MemberSnapshot]) -> Iterator[Metric]:
    failures = CounterMetricFamily(
        "kuberedis_tls_reload_failures", "New certificates that were refused, so that the one before stays in use", labels=["name"]
    )
    expiry = GaugeMetricFamily(
        "kuberedis_tls_not_after_seconds",
        "Unix time at which the first certificate expires that the member's Redis, Sentinel or sidecar uses",
        labels=["name"],
    )
    for snapshot in snapshots:
        if snapshot.tls_failures is not None:
            failures.add_metric([snapshot.instance], snapshot.tls_failures)
        certificates = snapshot.report.certificates
        if certificates is not None and (end := parse_time(certificates.not_after)) is not None:
            expiry.add_metric([snapshot.instance], end.timestamp())
    yield failures
    yield expiry
