"""Figures over time, from the sidecars of an instance or from Prometheus, on one grid of times."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from kuberedis_core.recent import MOST_POINTS, Recent

Points = tuple[float | None, ...]
"""One value for each step, the oldest first; None where nothing is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Points by the names of `NAMES`, equally many of each."""

    end: int
    """Unix time of the last point."""
    step: int
    """Seconds between two points."""
    points: Mapping[str, Points]

    @property
    def length(self) -> int:
        """How many points each has."""
        return max(map(len, self.points.values()), default=0)

    def times(self) -> list[int]:
        """The Unix times of the points."""
        return [self.end - (self.length - 1 - index) * self.step for index in range(self.length)]

    def after(self, time: int) -> Series:
        """The same without the points until `time`."""
        kept = min(max(0, -(-(self.end - time) // self.step)), self.length)
        return Series(end=self.end, step=self.step, points={name: points[len(points) - kept :] for name, points in self.points.items()})


def _total(values: Iterable[float]) -> float:
    return sum(values)


def _first(values: Iterable[float]) -> float:
    return next(iter(values))


NAMES: Final[Mapping[str, Callable[[Iterable[float]], float]]] = {
    "commands_per_second": _first,
    "requests_per_second": _total,
    "latency_p50_seconds": max,
    "latency_p99_seconds": max,
    "memory_used_bytes": _first,
    "memory_max_bytes": _first,
    "hit_ratio": _first,
    "keys": _first,
    "connected_clients": _first,
}
"""The series, each with what it is of several members.

Every sidecar counts its own requests, of which the slowest are of interest. Commands and data are those of the primary, which comes first:
what a replica executes is mostly what the primary did.
"""


def of_members(recents: Sequence[Recent]) -> Series:
    """The last hour of an instance, from that of each member that answers; the primary comes first.

    The members' clocks may differ by seconds, and their steps with them.
    """
    step = recents[0].step_seconds
    recents = [recent for recent in recents if recent.step_seconds == step]
    end = max(recent.now for recent in recents)
    points = {name: tuple(_combined(name, end, recents)) for name in NAMES}
    return Series(end=end, step=step, points=points)


def _combined(name: str, end: int, recents: Sequence[Recent]) -> Iterator[float | None]:
    aligned = [_aligned(recent.series[name], (end - recent.now) // recent.step_seconds) for recent in recents]
    for index in range(-MOST_POINTS, 0):
        known = [value for points in aligned if (value := points[index]) is not None]
        yield NAMES[name](known) if known else None


def _aligned(points: Sequence[float | None], missing: int) -> list[float | None]:
    """`points` so that there are as many as there can be, and the last belongs to the end of all."""
    padded = [*([None] * MOST_POINTS), *points, *([None] * min(missing, MOST_POINTS))]
    return padded[-MOST_POINTS:]
