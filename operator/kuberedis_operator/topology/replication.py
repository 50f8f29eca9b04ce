"""What the members of an instance are to each other, from what each of them reports. Pure.

A report is what one member saw a moment ago: nothing here takes a single one for the truth where others can contradict it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from kuberedis_core.member_report import MemberReport
from kuberedis_core.members import QUORUM

Takeover = Literal["failover", "switchover"]


@dataclass(frozen=True, slots=True)
class Replication:
    """The members of an instance, by their reports."""

    names: tuple[str, ...]
    """All members, by ordinal."""
    reports: Mapping[str, MemberReport]
    """By name, of those that answered."""

    @property
    def primary(self) -> str | None:
        """The member that is the primary; None if there is none, or it is not clear which of several."""
        votes = {name: self._votes(name) for name, report in self._answered() if report.role == "primary"}
        best = max(votes.values(), default=0)
        candidates = [name for name, number in votes.items() if number == best]
        if len(candidates) != 1 or self.named not in (None, candidates[0]):
            return None
        return candidates[0]

    @property
    def named(self) -> str | None:
        """The member that enough Sentinels take for the primary, whether it is one or not; None if there is none."""
        return next((name for name in self.names if self._votes(name) >= QUORUM), None)

    @property
    def has_quorum(self) -> bool:
        """Whether a Sentinel could have another member promoted."""
        return any(report.sentinel.up and report.sentinel.has_quorum for _, report in self._answered())

    @property
    def in_sync(self) -> tuple[str, ...]:
        """The members that have all data, the primary included."""
        return tuple(name for name, report in self._answered() if report.in_sync and report.linked and report.role != "unknown")

    @property
    def is_whole(self) -> bool:
        """Whether there is a primary, and all members have all data."""
        return self.primary is not None and self.in_sync == self.names

    @property
    def switching_over(self) -> bool:
        """Whether a member hands the role of the primary over at this moment."""
        return any(report.switching_over for _, report in self._answered())

    @property
    def takeover(self) -> Takeover | None:
        """How the primary became it, by those that follow it; None if it was since before they started."""
        seen = {report.last_change for _, report in self._answered() if report.primary == self.primary}
        return "switchover" if "switchover" in seen else "failover" if "failover" in seen else None

    def among(self, names: tuple[str, ...]) -> Replication:
        """The same, with these members and no others."""
        return Replication(names, {name: report for name, report in self._answered() if name in names})

    def obstacle(self) -> str:
        """Why no member may be taken away from the others now, as a clause; empty if one may, because any replica can take over."""
        return next(self._obstacles(), "")

    def _obstacles(self) -> Iterator[str]:
        if missing := [name for name in self.names if name not in self.reports]:
            yield f"{missing[0]} does not answer the operator"
        primary = self.primary
        for name, report in self._answered():
            if report.switching_over:
                yield f"{name} hands the role of the primary over"
            if not report.sentinel.up:
                yield f"the Sentinel of {name} does not answer"
        if primary is None:
            yield "there is no primary"
        for name, report in self._answered():
            yield from self._obstacles_of(name, report, primary)

    def _obstacles_of(self, name: str, report: MemberReport, primary: str | None) -> Iterator[str]:
        if report.sentinel.primary != primary:
            yield f"the Sentinel of {name} does not know yet that {primary} is the primary"
        if not report.linked:
            yield f"{name} has no connection to {primary}"
        if not report.in_sync:
            yield f"{name} does not have all data of {primary} yet"
        for replica in self.names:
            view = report.sentinel.replicas.get(replica)
            if replica != primary and (view is None or view.down or not view.eligible):
                yield f"the Sentinel of {name} does not take {replica} for fit to be promoted yet"

    def _answered(self) -> Iterator[tuple[str, MemberReport]]:
        return ((name, self.reports[name]) for name in self.names if name in self.reports)

    def _votes(self, name: str) -> int:
        return sum(report.sentinel.up and report.sentinel.primary == name for _, report in self._answered())
