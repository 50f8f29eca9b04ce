"""The last hour of an instance at `RECENT_PATH`: each sidecar keeps and writes it, the dashboard reads it.

It is outside the base path, as `/metrics` is, so that no Ingress leads to it. It holds figures, and nothing of the data or the credentials.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

import orjson

RECENT_PATH = "/recent"
STEP_SECONDS = 10
MOST_POINTS = 360

SERIES = (
    "commands_per_second",
    "requests_per_second",
    "errors_per_second",
    "refused_per_second",
    "latency_p50_seconds",
    "latency_p99_seconds",
    "memory_used_bytes",
    "memory_max_bytes",
    "hit_ratio",
    "keys",
    "connected_clients",
    "evicted_per_second",
)

_MOST_BYTES = 256 * 1024
_LONGEST_NAME = 253
_LONGEST_STEP = 3600
_LATEST = 2**40


@dataclass(frozen=True, slots=True, kw_only=True)
class Recent:
    """The figures of one sidecar and its Redis, a point for each step."""

    name: str
    """Name of the RedisHttpInstance."""
    step_seconds: int = STEP_SECONDS
    now: int
    """Unix time at which the most recent whole step ended."""
    series: Mapping[str, Sequence[float | None]]
    """By each name of `SERIES` its points, at most `MOST_POINTS` and equally many of each. The oldest is first, and the last belongs to
    the step that ended at `now`. None where nothing is known, as while Redis does not answer."""


def dump(recent: Recent) -> bytes:
    """The figures in JSON. A point may also be NaN for one that is not known."""
    series = {name: list(points) for name, points in recent.series.items()}
    return orjson.dumps({"name": recent.name, "step_seconds": recent.step_seconds, "now": recent.now, "series": series})


def load(data: bytes) -> Recent:
    """The figures in a text. Series that are not known are left out, and those that are missing have no known point.

    Raises:
        ValueError: It is not what `dump` writes.
    """
    if len(data) > _MOST_BYTES:
        raise ValueError(f"recent figures of {len(data)} bytes; they have at most {_MOST_BYTES}")
    fields = orjson.loads(data)
    if not isinstance(fields, dict) or not isinstance(fields.get("series"), dict):
        raise ValueError("not recent figures: no object with series")
    name = fields.get("name")
    if not isinstance(name, str) or not 0 < len(name) <= _LONGEST_NAME:
        raise ValueError("not recent figures: no name")
    found = {series: _points(fields["series"][series]) for series in SERIES if series in fields["series"]}
    lengths = {len(points) for points in found.values()}
    if len(lengths) > 1:
        raise ValueError("recent figures whose series differ in length")
    nothing = (None,) * (lengths.pop() if lengths else 0)
    return Recent(
        name=name,
        step_seconds=_whole(fields.get("step_seconds"), 1, _LONGEST_STEP),
        now=_whole(fields.get("now"), 0, _LATEST),
        series={series: found.get(series, nothing) for series in SERIES},
    )


def _points(values: Any) -> tuple[float | None, ...]:
    if not isinstance(values, list) or len(values) > MOST_POINTS:
        raise ValueError(f"not recent figures: a series is a list of at most {MOST_POINTS} points")
    return tuple(None if value is None else _number(value) for value in values)


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise ValueError("not recent figures: a point is a number or null")
    return float(value)


def _whole(value: Any, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise ValueError(f"not recent figures: step_seconds and now are whole numbers, here from {least} to {most}")
    return value
