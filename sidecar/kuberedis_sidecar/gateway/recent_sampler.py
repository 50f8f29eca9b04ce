"""Keeps the last hour of an instance, see `kuberedis_core.recent`, with one INFO of Redis at the end of each step.

Steps end at whole multiples of their length in Unix time, so that those of several sidecars can be added up.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping

from kuberedis_core.recent import STEP_SECONDS, Recent
from kuberedis_sidecar.telemetry.recent_series import Reading, RecentSeries, point
from kuberedis_sidecar.telemetry.request_metrics import RequestMetrics

# The first step of a sidecar is shorter; one that is too short has rates of a few requests.
_SHORTEST_SECONDS = 1.0
# A sleep may end a little before its time.
_EARLY_SECONDS = 0.1


class RecentSampler:
    """Samples one instance, from within a running event loop until it is closed.

    Args:
        name: Name of the instance.
        metrics: Its requests.
        info: Asks its Redis for the fields of INFO and of INFO commandstats, empty without a reply; must end within a step.
    """

    def __init__(self, name: str, metrics: RequestMetrics, info: Callable[[], Awaitable[Mapping[str, str]]]) -> None:
        self._name = name
        self._metrics = metrics
        self._info = info
        self._series = RecentSeries()
        self._task = asyncio.get_running_loop().create_task(self._sample())

    def document(self) -> Recent:
        """What is known of the last hour."""
        return self._series.document(self._name)

    async def close(self) -> None:
        """End."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _sample(self) -> None:
        loop = asyncio.get_running_loop()
        before, begun = Reading.of(self._metrics, await self._info()), loop.time()
        while True:
            await asyncio.sleep(STEP_SECONDS - time.time() % STEP_SECONDS)
            step = int((time.time() + _EARLY_SECONDS) // STEP_SECONDS)
            info = await self._info()
            after, ended = Reading.of(self._metrics, info), loop.time()
            if ended - begun >= _SHORTEST_SECONDS:
                self._series.add(step, point(before, after, ended - begun))
            before, begun = after, ended
