"""The charts of an instance: for each its points, its value in words, and a table that says the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kuberedis_dashboard.views import amounts
from kuberedis_dashboard.views.series import Points, Series

TABLE_ROWS = 12
# How many of the last points may be unknown before the value is.
_STALE = 3

Combine = Callable[[Sequence[float]], float]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a chart."""

    series: str
    label: str
    combine: Combine = _mean
    """What several points are in one row of the table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """What a chart shows."""

    id: str
    title: str
    kind: str
    """How the numbers of its axis are written: rate, seconds, bytes or part."""
    lines: tuple[Line, ...]
    write: Callable[[float | None], str]


CHARTS = (
    Chart(
        id="commands",
        title="Commands per second",
        kind="rate",
        lines=(Line(series="commands_per_second", label="commands/s"),),
        write=amounts.rate,
    ),
    Chart(
        id="latency",
        title="Latency of requests",
        kind="seconds",
        lines=(
            Line(series="latency_p50_seconds", label="p50", combine=max),
            Line(series="latency_p99_seconds", label="p99", combine=max),
        ),
        write=amounts.latency,
    ),
    Chart(
        id="memory",
        title="Memory",
        kind="bytes",
        lines=(
            Line(series="memory_used_bytes", label="used", combine=max),
            Line(series="memory_max_bytes", label="maxmemory", combine=max),
        ),
        write=amounts.size,
    ),
    Chart(id="hits", title="Hit ratio", kind="part", lines=(Line(series="hit_ratio", label="hits"),), write=amounts.part),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """How much of the past is shown."""

    label: str
    seconds: int
    step: int
    """Seconds between two points."""


RANGES: Mapping[str, Range] = {
    "1h": Range(label="1 hour", seconds=3600, step=10),
    "6h": Range(label="6 hours", seconds=6 * 3600, step=60),
    "24h": Range(label="24 hours", seconds=24 * 3600, step=240),
    "7d": Range(label="7 days", seconds=7 * 86400, step=1800),
}
"""By name. The first is what the sidecars remember; the others need Prometheus."""
SHORTEST = next(iter(RANGES))


def document(series: Series, after: int = 0) -> dict[str, Any]:
    """What the page's script draws: times, and for each chart its points, its value and the rows of its table.

    Args:
        series: the figures.
        after: a Unix time; only points after it are in the document, while values and tables are about all.
    """
    return {
        "times": series.after(after).times(),
        "step": series.step,
        "charts": {chart.id: _chart(chart, series, after) for chart in CHARTS},
    }


def texts(series: Series) -> dict[str, str]:
    """The present value of each chart in words, by its id."""
    return {chart.id: _value(chart, [_last(series.points.get(line.series, ())) for line in chart.lines]) for chart in CHARTS}


def _chart(chart: Chart, series: Series, after: int) -> dict[str, Any]:
    points = [series.points.get(line.series, (None,) * series.length) for line in chart.lines]
    new = series.after(after).length
    return {
        "points": [each[len(each) - new :] for each in points],
        "text": _value(chart, [_last(each) for each in points]),
        "rows": _rows(chart, series, points),
    }


def _value(chart: Chart, values: Sequence[float | None]) -> str:
    if chart.id == "memory":
        return _memory(*values)
    if len(values) == 1:
        return chart.write(values[0])
    return ", ".join(f"{line.label} {chart.write(value)}" for line, value in zip(chart.lines, values, strict=True))


def _memory(used: float | None, most: float | None) -> str:
    if used is None or not most:
        return amounts.size(used)
    return f"{amounts.size(used)} of {amounts.size(most)} ({used / most:.0%})"


def _last(points: Points) -> float | None:
    return next((value for value in reversed(points[-_STALE:]) if value is not None), None)


def _rows(chart: Chart, series: Series, points: Sequence[Points]) -> list[list[Any]]:
    """The table: each row begins with the Unix time at which it ends, the newest first."""
    times, width = series.times(), -(-series.length // TABLE_ROWS)
    rows: list[list[Any]] = []
    for end in range(series.length, 0, -width or -1):
        part = slice(max(end - width, 0), end)
        cells = [_cell(chart, line, each[part]) for line, each in zip(chart.lines, points, strict=True)]
        rows.append([times[end - 1], *cells])
    return rows


def _cell(chart: Chart, line: Line, points: Points) -> str:
    known = [value for value in points if value is not None]
    return chart.write(line.combine(known) if known else None)
