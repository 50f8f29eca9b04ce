"""Times as people read them."""

from __future__ import annotations

from datetime import datetime

from kuberedis_core.timestamps import format_time

_UNITS = (("d", 86400), ("h", 3600), ("min", 60), ("s", 1))


def brief(seconds: float) -> str:
    """A duration in its largest whole unit, such as `45 s`, `12 min`, `5 h` or `3 d`; never negative."""
    whole = max(int(seconds), 0)
    unit, size = next(((unit, size) for unit, size in _UNITS if whole >= size), _UNITS[-1])
    return f"{whole // size} {unit}"


def age(since: datetime | None, now: datetime) -> str:
    """Time since `since`; `–` when that is not known."""
    return "–" if since is None else brief((now - since).total_seconds())


def machine_time(time: datetime | None) -> str:
    """A time for the attribute `datetime` of an element; empty when it is not known."""
    return "" if time is None else format_time(time)
