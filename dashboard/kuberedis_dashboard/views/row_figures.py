"""The figures of a row of the list, as texts and as the value of its bar."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from kuberedis_core.recent import Recent
from kuberedis_dashboard.views.amounts import count, rate, size


class Figure(TypedDict, total=False):
    """One figure, as the script of the page shows it."""

    text: str
    value: float
    """Percent of a bar."""


def row_figures(recent: Recent) -> dict[str, Figure]:
    """The figures of an instance at the end of the last hour, by the names of `data-figure`."""
    used, most = (_latest(recent.series[name]) for name in ("memory_used_bytes", "memory_max_bytes"))
    memory = Figure(text=f"{size(used)} of {size(most)}" if most else size(used))
    if used is not None and most:
        memory["value"] = round(min(100 * used / most, 100), 1)
    return {
        "memory": memory,
        "commands": Figure(text=rate(_latest(recent.series["commands_per_second"]))),
        "keys": Figure(text=count(_latest(recent.series["keys"]))),
    }


def _latest(points: Sequence[float | None]) -> float | None:
    """The newest point, or the one before while the newest is not known yet."""
    return next((point for point in reversed(points[-2:]) if point is not None), None)
