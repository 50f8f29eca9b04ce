"""The members of a running instance as their sidecars see them: who is the primary, and who could take its place."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence

from kuberedis_cli.errors import LocalModeError
from kuberedis_cli.local.events import Event, PrimaryMoved
from kuberedis_core.member_report import MemberReport

_LOOK_SECONDS = 0.05


def primary_of(reports: Sequence[MemberReport]) -> str | None:
    """Name of the primary: of the members that are one, the one that most sidecars send commands to; None if there is none."""
    followed = Counter(report.primary for report in reports)
    primaries = [report.name for report in reports if report.role == "primary" and followed[report.name]]
    return max(primaries, key=lambda name: followed[name], default=None)


def obstacle(reports: Sequence[MemberReport]) -> str | None:
    """Why another member could not take the primary's place now; None if each could."""
    primary = primary_of(reports)
    if primary is None:
        return "there is no primary"
    for report in reports:
        if not report.in_sync:
            return f"{report.name} is not in sync"
        replicas = report.sentinel.replicas
        if report.sentinel.primary != primary or len(replicas) != len(reports) - 1:
            return f"the Sentinel of {report.name} does not know all members"
        if not all(view.eligible and not view.down for view in replicas.values()):
            return f"the Sentinel of {report.name} would not promote each of them"
    return None


class Replication:
    """Looks at the members from `start` until `close`.

    Args:
        instance: Name of the instance.
        reports: Returns the reports of all members.
        emit: Called when the primary has moved.
    """

    def __init__(self, instance: str, reports: Callable[[], Sequence[MemberReport]], emit: Callable[[Event], None]) -> None:
        self._instance = instance
        self.reports = reports
        self._emit = emit
        self._watch: asyncio.Task[None] | None = None

    @property
    def primary(self) -> str | None:
        """Name of the primary; None while there is none."""
        return primary_of(self.reports())

    async def start(self, limit_seconds: float) -> None:
        """Wait for the first primary, and look from then on.

        Raises:
            LocalModeError: There is none within that time.
        """
        await self._until(lambda: self.primary is not None, limit_seconds, "no member became its primary")
        self._watch = asyncio.create_task(self._follow_primary(self.primary))

    async def close(self) -> None:
        """Look no longer."""
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.wait({self._watch})

    async def until_in_sync(self) -> None:
        """Wait until all members have the data."""
        while not all(report.in_sync for report in self.reports()):  # noqa: ASYNC110 the reports are values
            await asyncio.sleep(_LOOK_SECONDS)

    async def until_redundant(self, limit_seconds: float) -> str:
        """Wait until each other member could take the primary's place, and return the primary's name.

        Raises:
            LocalModeError: One cannot within that time.
        """
        await self._until(lambda: obstacle(self.reports()) is None, limit_seconds, "no other member can become the primary yet")
        return self.primary or ""

    async def until_moved(self, previous: str, limit_seconds: float) -> str:
        """Wait for another primary than the previous one, and return its name.

        Raises:
            LocalModeError: There is none within that time.
        """
        await self._until(lambda: self.primary not in (None, previous), limit_seconds, f"no member took the place of {previous}")
        return self.primary or ""

    async def _until(self, condition: Callable[[], bool], limit_seconds: float, problem: str) -> None:
        try:
            async with asyncio.timeout(limit_seconds):
                while not condition():  # noqa: ASYNC110 the reports are values
                    await asyncio.sleep(_LOOK_SECONDS)
        except TimeoutError:
            reason = obstacle(self.reports())
            more = f": {reason}" if reason else ""
            raise LocalModeError(f"instance {self._instance}: {problem} after {limit_seconds:.0f} s{more}") from None

    async def _follow_primary(self, last: str | None) -> None:
        while True:
            primary = self.primary
            if primary is not None and last is not None and primary != last:
                reports = {report.name: report for report in self.reports()}
                self._emit(PrimaryMoved(self._instance, primary, last, reports[primary].last_change or "failover"))
            last = primary or last
            await asyncio.sleep(_LOOK_SECONDS)
