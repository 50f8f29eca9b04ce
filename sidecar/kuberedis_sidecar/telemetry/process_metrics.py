"""The metrics of the sidecar's processes: processor time, memory, open files."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from prometheus_client import CollectorRegistry, Metric, ProcessCollector, generate_latest
from prometheus_client.registry import Collector

from kuberedis_sidecar.workers.board import Board


def process_page(board: Board | None) -> bytes:
    """The page about this process, or about all that `board` knows."""
    registry = CollectorRegistry()
    registry.register(ProcessCollector(registry=None) if board is None else _Processes(board))
    return generate_latest(registry)


class _Processes(Collector):
    """The metrics of all processes of a sidecar, as of one."""

    def __init__(self, board: Board) -> None:
        self._board = board

    def collect(self) -> Iterator[Metric]:
        """The sums; the start is that of the first process."""
        found: dict[str, tuple[Metric, list[float]]] = {}
        for pid in self._board.processes:
            for metric in ProcessCollector(pid=partial(int, pid), registry=None).collect():
                found.setdefault(metric.name, (metric, []))[1].append(metric.samples[0].value)
        for metric, values in found.values():
            value = min(values) if metric.name == "process_start_time_seconds" else sum(values)
            if metric.name == "process_cpu_seconds":
                value += self._board.ended_cpu_seconds
            metric.samples = [metric.samples[0]._replace(value=value)]
            yield metric
