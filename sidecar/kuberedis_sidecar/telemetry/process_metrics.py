"""The metrics of the sidecar's processes: processor time, memory, open files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from kuberedis_core.exposition import Family
from kuberedis_sidecar.lean_imports import import_prometheus_client
from kuberedis_sidecar.workers.board import Board

if TYPE_CHECKING:
    from prometheus_client import Metric


def process_families(board: Board | None) -> Iterator[Family]:
    """The metrics of this process, or of all that `board` knows, as of one."""
    for metric in _collect("self") if board is None else _of_all(board):
        [sample] = metric.samples
        family = Family(sample.name, "counter" if metric.type == "counter" else "gauge", metric.documentation)
        family.add("", sample.value)
        yield family


def _of_all(board: Board) -> Iterator[Metric]:
    """The sums; the start is that of the first process."""
    found: dict[str, tuple[Metric, list[float]]] = {}
    for pid in board.processes:
        for metric in _collect(pid):
            found.setdefault(metric.name, (metric, []))[1].append(metric.samples[0].value)
    for metric, values in found.values():
        value = min(values) if metric.name == "process_start_time_seconds" else sum(values)
        if metric.name == "process_cpu_seconds":
            value += board.ended_cpu_seconds
        metric.samples = [metric.samples[0]._replace(value=value)]
        yield metric


def _collect(pid: int | str) -> Iterable[Metric]:
    # By the first scrape: it takes 0.5 MiB.
    import_prometheus_client()
    from prometheus_client import ProcessCollector

    return ProcessCollector(pid=lambda: pid, registry=None).collect()
