"""What an instance says of itself: whether it is ready, its figures, the report of a member. Of several workers, each answers for all."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from kuberedis_core.member_report import MemberReport
from kuberedis_core.recent import Recent
from kuberedis_sidecar.gateway.colleagues import Colleagues
from kuberedis_sidecar.gateway.recent_sampler import RecentSampler
from kuberedis_sidecar.redis.local_server import LocalServer
from kuberedis_sidecar.telemetry.command_metrics import CommandStatistics
from kuberedis_sidecar.telemetry.metrics import Snapshot
from kuberedis_sidecar.telemetry.recent_series import RecentSeries
from kuberedis_sidecar.telemetry.request_metrics import RequestMetrics
from kuberedis_sidecar.workers.supervisor import Worker

if TYPE_CHECKING:
    from kuberedis_sidecar.gateway.member import Member


class Status:
    """The state of one instance, from within a running event loop.

    Args:
        instance: Name of the instance.
        local_server: The pod's Redis.
        member: What it is a member of; None for an instance of one Redis.
        metrics: What this process counts.
        snapshot: Returns the state of this process, without what Redis says of itself.
        worker: Which of several processes this is; None for the only one.
    """

    def __init__(
        self,
        instance: str,
        local_server: LocalServer,
        member: Member | None,
        metrics: RequestMetrics,
        snapshot: Callable[[], Snapshot],
        worker: Worker | None,
    ) -> None:
        self._instance = instance
        self._local_server = local_server
        self._member = member
        self._snapshot = snapshot
        self._commands = CommandStatistics()
        self._colleagues = Colleagues(instance, worker, metrics, snapshot, self._unready) if worker is not None else None
        self._series = RecentSeries()
        self._sampler: RecentSampler | None = None
        if worker is None or worker.is_first:
            self._sampler = self._sample(metrics)

    async def close(self) -> None:
        """Stop counting."""
        await asyncio.gather(*(part.close() for part in (self._sampler, self._colleagues) if part is not None))

    async def not_ready_reason(self) -> str | None:
        """Why a request would not be served now; None if it would, by any worker."""
        reason = await self._local_server.not_ready_reason() if self._member is None else self._member.not_ready_reason()
        return reason if reason is not None or self._colleagues is None else self._colleagues.not_ready_reason()

    def hanging_worker(self) -> int | None:
        """A worker that has not been heard of for long; None if there is none."""
        return self._colleagues.hanging() if self._colleagues is not None else None

    def report(self) -> MemberReport | None:
        """What the operator is told of this member; None for an instance of one Redis, or if the worker that knows it is gone."""
        if self._member is None or self._colleagues is None:
            return None if self._member is None else self._member.report()
        return self._colleagues.report()

    def recent(self) -> Recent:
        """What is known of the last hour."""
        kept = self._colleagues.recent() if self._colleagues is not None else None
        return kept if kept is not None else self._series.document(self._instance)

    async def snapshot(self) -> Snapshot:
        """The state for metrics, with what Redis says of itself."""
        info, slowlog = await asyncio.gather(self._local_server.info(commands=True), self._local_server.slowlog_length())
        # A replica executes the writes of its primary once more.
        counts = self._member is None or info.get("role") == "master"
        own = replace(self._snapshot(), info=info, slowlog=slowlog, commands=self._commands.read(info) if counts else {})
        return own if self._colleagues is None else self._colleagues.complete(own)

    def _sample(self, metrics: RequestMetrics) -> RecentSampler:
        info = partial(self._local_server.info, commands=True)
        colleagues = self._colleagues
        if colleagues is None:
            return RecentSampler(self._instance, self._series, lambda: metrics, info, lambda: None)
        before = colleagues.recent()
        if before is not None:
            self._series.resume(before)

        def keep() -> None:
            colleagues.keep_recent(self._series.document(self._instance))

        return RecentSampler(self._instance, self._series, colleagues.requests, info, keep)

    def _unready(self) -> str | None:
        if self._member is not None:
            return self._member.not_ready_reason()
        return None if self._local_server.up else "a worker is not connected to Redis"
