"""The metrics of a member of a highly available instance; an instance of one member has none of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import get_args

from kuberedis_core.exposition import Family, labels
from kuberedis_core.member_report import MemberReport, Role
from kuberedis_core.timestamps import parse_time


@dataclass(frozen=True, slots=True)
class MemberSnapshot:
    """The state of one member at a scrape."""

    report: MemberReport
    held: int
    """Commands that wait for a primary."""
    tls_failures: int | None = None
    """How many times a new certificate was refused; None without TLS."""


# Name, help, and the value; None where it is not known.
_GAUGES: tuple[tuple[str, str, Callable[[MemberSnapshot], float | None]], ...] = (
    ("kuberedis_member_linked", "Whether the member's Redis is the primary, or its link to the primary is up", lambda s: s.report.linked),
    ("kuberedis_member_in_sync", "Whether the member's Redis has had a complete copy of the data", lambda s: s.report.in_sync),
    ("kuberedis_member_replication_offset_bytes", "Replication offset of the member's Redis", lambda s: s.report.offset),
    ("kuberedis_member_replication_lag_bytes", "How far the member's Redis is behind the primary", lambda s: s.report.lag_bytes),
    ("kuberedis_member_replication_lag_seconds", "How old the data of the member's Redis are", lambda s: s.report.lag_seconds),
    ("kuberedis_member_sentinel_up", "Whether the member's Sentinel answers", lambda s: s.report.sentinel.up),
    ("kuberedis_member_quorum", "Whether the member's Sentinel could have another member promoted", lambda s: s.report.sentinel.has_quorum),
    ("kuberedis_commands_held", "Batches of commands that wait for a primary", lambda s: s.held),
)


class MemberFamilies:
    """The metrics of any number of members."""

    def __init__(self) -> None:
        self._gauges = [(Family(name, "gauge", text), value) for name, text, value in _GAUGES]
        self._role = Family("kuberedis_member_role", "gauge", "1 for the role of the member's Redis")
        self._failovers = Family(
            "kuberedis_member_failovers_total", "counter", "Changes of the primary, planned or not, that the sidecar has seen"
        )
        self._failures = Family(
            "kuberedis_tls_reload_failures_total", "counter", "New certificates that were refused, so that the one before stays in use"
        )
        self._expiry = Family(
            "kuberedis_tls_not_after_seconds",
            "gauge",
            "Unix time at which the first certificate expires that the member's Redis, Sentinel or sidecar uses",
        )

    def add(self, tags: str, member: MemberSnapshot) -> None:
        """Add those of a member, with its labels."""
        for family, value in self._gauges:
            if (known := value(member)) is not None:
                family.add(tags, known)
        for role in get_args(Role):
            self._role.add(f"{tags},{labels(role=role)}", int(member.report.role == role))
        self._failovers.add(tags, member.report.failovers)
        if member.tls_failures is not None:
            self._failures.add(tags, member.tls_failures)
        certificates = member.report.certificates
        if certificates is not None and (end := parse_time(certificates.not_after)) is not None:
            self._expiry.add(tags, end.timestamp())

    def families(self) -> Iterator[Family]:
        """All of them."""
        yield from (self._role, self._failovers, self._failures, self._expiry)
        yield from (family for family, _ in self._gauges)
