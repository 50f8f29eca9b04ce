"""How long something lasts, or ago it was, in one short word."""

from __future__ import annotations

from datetime import datetime

_UNITS = (("d", 86400), ("h", 3600), ("m", 60), ("s", 1))


def brief(seconds: float) -> str:
    """A duration in its largest whole unit, such as `45s`, `12m`, `5h` or `3d`."""
    whole = max(int(seconds), 0)
    unit, size = next(((unit, size) for unit, size in _UNITS if whole >= size), _UNITS[-1])
    return f"{whole // size}{unit}"


def age(since: datetime | None, now: datetime) -> str:
    """Time since `since`; `-` when that is not known."""
    return "-" if since is None else brief((now - since).total_seconds())
