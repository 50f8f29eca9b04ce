"""The members of a running instance as their sidecars see them: who is the primary, and who could take its place."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence

from kuberedis_cli.errors import LocalModeError
from kuberedis_cli.local.events import Event, PrimaryMoved
from kuberedis_core.member_report import MemberReport

_LOOK_SECONDS = 0.05
"""The reports are values that nobody announces, so that whoever waits for one looks again and again."""


def primary_of(reports: Sequence[MemberReport]) -> str | None:
    """Name of the primary: of the members that are one, the one that most sidecars send commands to; None if there is none."""
    followed = Counter(report.primary for report in reports)
    primaries = [report.name for report in reports if report.role == "primary" and followed[report.name]]
    return max(primaries, key=lambda name: followed[name], default=None)


def obstacle(reports: Sequence[MemberReport], promotable: Sequence[int]) -> str | None:
    """Why another member could not take the primary's place now; None if each could.

    Args:
        reports: What the members say.
        promotable: How many replicas the Sentinel of each would promote.
    """
    primary = primary_of(reports)
    if primary is None:
        return "there is no primary"
    for report, known in zip(reports, promotable, strict=True):
        if report.sentinel.primary != primary:
            return f"the Sentinel of {report.name} does not know yet that {primary} is the primary"
        if not report.in_sync:
            return f"{report.name} is not in sync"
        if known < len(reports) - 1:
            return f"the Sentinel of {report.name} knows {known} of {len(reports) - 1} members that could take its place"
    return None


class Replication:
    """Looks at the members from `start` until `close`.

    Args:
        instance: Name of the instance.
        reports: Returns the reports of all members.
        promotable: Asks how many replicas the Sentinel of each would promote.
        on_primary: Called with the name of the first primary, and of each that follows.
        emit: Called when the primary has moved.
    """

    def __init__(
        self,
        instance: str,
        reports: Callable[[], Sequence[MemberReport]],
        promotable: Callable[[], Awaitable[Sequence[int]]],
        on_primary: Callable[[str], None],
        emit: Callable[[Event], None],
    ) -> None:
        self._instance = instance
        self.reports = reports
        self._promotable = promotable
        self._on_primary = on_primary
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
        first = await self._until_other(None, limit_seconds, "no member became its primary")
        self._on_primary(first)
        self._watch = asyncio.create_task(self._follow_primary(first))

    async def close(self) -> None:
        """Look no longer."""
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.wait({self._watch})

    async def until_in_sync(self) -> None:
        """Wait until all members have the data."""
        while not all(report.in_sync for report in self.reports()):  # noqa: ASYNC110
            await asyncio.sleep(_LOOK_SECONDS)

    async def until_redundant(self, limit_seconds: float) -> str:
        """Wait until each other member could take the primary's place, and return the primary's name.

        Raises:
            LocalModeError: One cannot within that time.
        """
        reason: str | None = "its Sentinels do not answer"
        try:
            async with asyncio.timeout(limit_seconds):
                while (reason := obstacle(self.reports(), await self._promotable())) is not None:  # noqa: ASYNC110
                    await asyncio.sleep(_LOOK_SECONDS)
        except TimeoutError:
            raise LocalModeError(
                f"instance {self._instance} cannot fail over: after {limit_seconds:.0f} s, {reason}; its status table shows more"
            ) from None
        return self.primary or ""

    async def until_moved(self, previous: str, limit_seconds: float) -> str:
        """Wait for another primary than the previous one, and return its name.

        Raises:
            LocalModeError: There is none within that time.
        """
        return await self._until_other(previous, limit_seconds, f"no member took the place of {previous}")

    async def _until_other(self, previous: str | None, limit_seconds: float, problem: str) -> str:
        try:
            async with asyncio.timeout(limit_seconds):
                while (primary := self.primary) in (None, previous):  # noqa: ASYNC110
                    await asyncio.sleep(_LOOK_SECONDS)
        except TimeoutError:
            raise LocalModeError(f"instance {self._instance}: {problem} within {limit_seconds:.0f} s") from None
        return primary or ""

    async def _follow_primary(self, last: str) -> None:
        was_lost = False
        while True:
            reports = self.reports()
            primary = primary_of(reports)
            was_lost = was_lost or any(report.name == last and report.role == "unknown" for report in reports)
            if primary is not None and primary != last:
                self._on_primary(primary)
                self._emit(PrimaryMoved(self._instance, primary, last, "failover" if was_lost else "switchover"))
                last, was_lost = primary, False
            elif primary is not None:
                was_lost = False  # it is back
            await asyncio.sleep(_LOOK_SECONDS)
