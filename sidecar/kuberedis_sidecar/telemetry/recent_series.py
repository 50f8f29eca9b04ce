"""The figures of the last hour, a point for each step: how they follow from counters, and where they are kept. Pure.

A counter of Redis starts at 0 again when Redis does; then what it has counted since belongs to the step.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite, nan

from kuberedis_core.recent import MOST_POINTS, SERIES, STEP_SECONDS, Recent
from kuberedis_sidecar.telemetry.command_metrics import CommandStatistics
from kuberedis_sidecar.telemetry.redis_metrics import keyspace
from kuberedis_sidecar.telemetry.request_metrics import BUCKETS, RequestMetrics

_REFUSED = frozenset((401, 403, 413, 429))
# What lasts as long as the client wants says nothing of latency.
_STREAMS = frozenset(("/subscribe", "/psubscribe", "/monitor"))
_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Reading:
    """What has been counted until a moment."""

    requests: int
    errors: int
    """Responses of 500 and more."""
    refused: int
    """Responses that refuse a credential, a size or one request too many."""
    buckets: Sequence[int]
    """Requests by their duration, apart from event streams, each counted in one bucket."""
    commands: float
    """Commands that Redis was sent, but for those by which it is looked after; NaN if it did not say."""
    info: Mapping[str, str]
    """The fields of Redis' INFO, with those of its section commandstats; empty when there was no reply."""

    @classmethod
    def of(cls, metrics: RequestMetrics, info: Mapping[str, str]) -> Reading:
        """The present state of the counters."""
        requests = errors = refused = 0
        durations = [0] * (len(BUCKETS) + 1)
        for route, _, status, known in metrics.rows():
            count = sum(known.buckets)
            requests += count
            errors += count if status >= 500 else 0
            refused += count if status in _REFUSED else 0
            if route not in _STREAMS:
                durations = [before + more for before, more in zip(durations, known.buckets, strict=True)]
        commands = sum(stats.calls for stats in CommandStatistics().read(info).values()) if info else nan
        return cls(requests, errors, refused, durations, commands, info)


def point(before: Reading, after: Reading, seconds: float) -> tuple[float, ...]:
    """The figures of a step that took so many seconds, in the order of `SERIES`; NaN where one is not known."""

    def counted(field: str) -> float:
        return _more(_number(before.info, field), _number(after.info, field))

    durations = [last - first for first, last in zip(before.buckets, after.buckets, strict=True)]
    hits, misses = counted("keyspace_hits"), counted("keyspace_misses")
    figures = {
        "commands_per_second": _more(before.commands, after.commands) / seconds,
        "requests_per_second": (after.requests - before.requests) / seconds,
        "errors_per_second": (after.errors - before.errors) / seconds,
        "refused_per_second": (after.refused - before.refused) / seconds,
        "latency_p50_seconds": quantile(0.5, durations),
        "latency_p99_seconds": quantile(0.99, durations),
        "memory_used_bytes": _number(after.info, "used_memory"),
        "memory_max_bytes": _number(after.info, "maxmemory"),
        "hit_ratio": hits / (hits + misses) if hits + misses else nan,
        "keys": _keys(after.info),
        "connected_clients": _number(after.info, "connected_clients"),
        "evicted_per_second": counted("evicted_keys") / seconds,
    }
    return tuple(figures[name] for name in SERIES)


def quantile(part: float, buckets: Sequence[int]) -> float:
    """The duration that `part` of the requests do not exceed, in seconds; NaN without requests.

    Within a bucket it is interpolated, as by Prometheus' histogram_quantile.
    """
    wanted = part * sum(buckets)
    if not wanted:
        return nan
    passed, lower = 0, 0.0
    for count, upper in zip(buckets, BUCKETS, strict=False):
        if passed + count >= wanted:
            return lower + (upper - lower) * (wanted - passed) / count
        passed, lower = passed + count, upper
    return lower


class RecentSeries:
    """The points of the last hour. A step is known by its number: the Unix time at its end, in steps."""

    __slots__ = ("_points", "_step")

    def __init__(self) -> None:
        self._points = tuple(array("d") for _ in SERIES)
        self._step = 0

    def add(self, step: int, figures: Sequence[float]) -> None:
        """Add the figures of a step; of steps that were left out nothing is known.

        After the clock was set back, steps go on from there.
        """
        if self._points[0] and step > self._step:
            for _ in range(min(step - self._step - 1, MOST_POINTS)):
                self._append([nan] * len(SERIES))
        self._append(figures)
        self._step = step

    def resume(self, document: Recent) -> None:
        """Begin with the points of a document, those of another process."""
        for points, known in zip(self._points, document.series.values(), strict=True):
            points.extend(nan if value is None else value for value in known)
        self._step = document.now // STEP_SECONDS

    def document(self, name: str) -> Recent:
        """The points, for an instance of this name."""
        return Recent(name=name, now=self._step * STEP_SECONDS, series=dict(zip(SERIES, self._points, strict=True)))

    def _append(self, figures: Sequence[float]) -> None:
        for points, figure in zip(self._points, figures, strict=True):
            if len(points) == MOST_POINTS:
                del points[0]
            # Fewer digits make a short text, and none is lost that a chart could show.
            points.append(float(f"{figure:.{_DIGITS}g}"))


def _more(first: float, last: float) -> float:
    return last if last < first else last - first


def _keys(info: Mapping[str, str]) -> float:
    try:
        return float(keyspace(info).get("keys", 0)) if info else nan
    except ValueError:
        return nan


def _number(info: Mapping[str, str], field: str) -> float:
    """A field of INFO; NaN if it is missing or not a finite number."""
    try:
        value = float(info.get(field, nan))
    except ValueError:
        return nan
    return value if isfinite(value) else nan
