"""What the workers of a sidecar tell each other, so that whoever is asked answers for all of them; see `workers.supervisor`.

Counters are never lower in one answer than in an answer before, whichever workers gave them: what an answer counts is written down first,
and a worker that takes the place of another one goes on from what that wrote last.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from kuberedis_core import member_report, recent
from kuberedis_core.member_report import MemberReport
from kuberedis_core.recent import Recent
from kuberedis_sidecar.telemetry.metrics import Snapshot
from kuberedis_sidecar.telemetry.request_metrics import RequestMetrics
from kuberedis_sidecar.unending import repeat
from kuberedis_sidecar.workers.supervisor import Worker

_EVERY_SECONDS = 0.25
# Of a worker that hangs, and not only waits for a processor.
_LONGEST_SILENCE_SECONDS = 10.0
_SUMMED = ("http_in_flight", "in_flight", "grants", "blocking", "subscribers")


@dataclass(frozen=True, slots=True, kw_only=True)
class _State:
    """What a worker says of itself."""

    requests: dict[str, Any]
    """See `RequestMetrics.counts`."""
    redis_up: bool
    unready: str | None
    """Why it would not serve a request; None if it would."""
    figures: dict[str, int] = field(default_factory=dict)
    held: int = 0
    refused_settings: int = 0
    tls_failures: int | None = None
    report: str | None = None
    """Report of the member, by the worker that looks after it."""


class Colleagues:
    """All workers of a sidecar, seen by one of them.

    Args:
        instance: Name of the instance, for the log.
        worker: Which one.
        metrics: What it counts, beginning with what its predecessor has counted.
        snapshot: Returns its own state, without what Redis says of itself.
        unready: Returns why it would not serve a request; None if it would.
    """

    def __init__(
        self, instance: str, worker: Worker, metrics: RequestMetrics, snapshot: Callable[[], Snapshot], unready: Callable[[], str | None]
    ) -> None:
        self._board = worker.board
        self._index = worker.index
        self._is_first = worker.is_first
        self._snapshot = snapshot
        self._unready = unready
        before = self._read(self._index)
        if before is not None:
            metrics.add(before.requests)
        self._metrics = metrics
        self._task = asyncio.get_running_loop().create_task(repeat(self._publish, instance))

    async def close(self) -> None:
        """Say the last."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self.write()

    def write(self) -> None:
        """Write down the own state as it is now."""
        own = self._snapshot()
        member = own.member
        state = _State(
            requests=self._metrics.counts(),
            redis_up=own.redis_up,
            unready=self._unready(),
            figures={name: getattr(own, name) for name in _SUMMED},
            held=member.held if member is not None else 0,
            refused_settings=own.refused_settings,
            tls_failures=member.tls_failures if member is not None else None,
            report=member_report.dump(member.report).decode() if member is not None and self._is_first else None,
        )
        self._board.states[self._index].write(orjson.dumps(state))
        self._board.beat(self._index)

    def requests(self) -> RequestMetrics:
        """What all workers have counted."""
        total = RequestMetrics()
        for index in range(self._board.workers):
            state = self._read(index)
            if state is not None:
                total.add(state.requests)
        return total

    def complete(self, own: Snapshot) -> Snapshot:
        """The state of all workers, from that of this one."""
        self.write()
        others = self._others()
        first = self._read(0)
        member, report = own.member, self.report()
        if member is not None:
            held, failures = member.held + sum(other.held for other in others), first.tls_failures if first is not None else None
            member = replace(member, report=report or member.report, held=held, tls_failures=failures)
        return replace(
            own,
            requests=self.requests(),
            redis_up=own.redis_up and all(other.redis_up for other in others),
            refused_settings=first.refused_settings if first is not None else 0,
            member=member,
            **{name: getattr(own, name) + sum(other.figures[name] for other in others) for name in _SUMMED},
        )

    def report(self) -> MemberReport | None:
        """The report of the member, by the worker that looks after it; None if there is none, or if that has not been heard of."""
        first = self._read(0)
        if first is None or first.report is None or self._board.silent_seconds(0) > _LONGEST_SILENCE_SECONDS:
            return None
        return member_report.load(first.report)

    def not_ready_reason(self) -> str | None:
        """Why another worker would not serve a request; None if all would."""
        return next((other.unready for other in self._others() if other.unready is not None), None)

    def hanging(self) -> int | None:
        """A worker that serves and has not been heard of for long; None if there is none."""
        serving = (index for index in range(self._board.workers) if self._board.serves(index))
        return next((index for index in serving if self._board.silent_seconds(index) > _LONGEST_SILENCE_SECONDS), None)

    def recent(self) -> Recent | None:
        """The figures of the last hour that the first worker, or its predecessor, has kept; None if there are none yet."""
        text = self._board.recent.read()
        return recent.load(text) if text else None

    def keep_recent(self, figures: Recent) -> None:
        """Keep the figures of the last hour, as the first worker."""
        self._board.recent.write(recent.dump(figures))

    async def _publish(self) -> None:
        self.write()
        await asyncio.sleep(_EVERY_SECONDS)

    def _others(self) -> list[_State]:
        """What the other workers that serve say of themselves."""
        others = (self._read(index) for index in range(self._board.workers) if index != self._index and self._board.serves(index))
        return [other for other in others if other is not None]

    def _read(self, index: int) -> _State | None:
        text = self._board.states[index].read()
        return _State(**orjson.loads(text)) if text else None
