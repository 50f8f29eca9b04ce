"""Keeps the last hour of an instance, see `kuberedis_core.recent`, with one INFO of Redis at the end of each step.

Steps end at whole multiples of their length in Unix time, so that those of several sidecars can be added up.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping

from kuberedis_core.recent import STEP_SECONDS
from kuberedis_sidecar.telemetry.recent_series import Reading, RecentSeries, point
from kuberedis_sidecar.telemetry.request_metrics import RequestMetrics
from kuberedis_sidecar.unending import repeat

# The first step of a sidecar is shorter; one that is too short has rates of a few requests.
_SHORTEST_SECONDS = 1.0
# A sleep may end a little before its time.
_EARLY_SECONDS = 0.1


class RecentSampler:
    """Samples one instance, from within a running event loop until it is closed.

    Args:
        instance: Name of the instance, for the log.
        series: Gets the points.
        metrics: Returns what has been counted of its requests.
        info: Asks its Redis for the fields of INFO and of INFO commandstats, empty without a reply; must end within a step.
        on_point: Called after each point.
    """

    def __init__(
        self,
        instance: str,
        series: RecentSeries,
        metrics: Callable[[], RequestMetrics],
        info: Callable[[], Awaitable[Mapping[str, str]]],
        on_point: Callable[[], None],
    ) -> None:
        self._series = series
        self._metrics = metrics
        self._info = info
        self._on_point = on_point
        self._before: tuple[Reading, float] | None = None
        self._task = asyncio.get_running_loop().create_task(repeat(self._step, instance))

    async def close(self) -> None:
        """End."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _step(self) -> None:
        before, begun = self._before or await self._read()
        await asyncio.sleep(STEP_SECONDS - time.time() % STEP_SECONDS)
        step = int((time.time() + _EARLY_SECONDS) // STEP_SECONDS)
        self._before = after, ended = await self._read()
        if ended - begun >= _SHORTEST_SECONDS:
            self._series.add(step, point(before, after, ended - begun))
            self._on_point()

    async def _read(self) -> tuple[Reading, float]:
        """The counters now, and the time of the event loop."""
        return Reading.of(self._metrics(), await self._info()), asyncio.get_running_loop().time()
