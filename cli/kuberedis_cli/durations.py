"""Durations, as people write and read them."""

import re
from datetime import datetime

_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"([0-9]{1,9})([smhd]?)")
_UNITS = (("d", 86400), ("h", 3600), ("m", 60), ("s", 1))


def parse_seconds(text: str, option: str) -> int:
    """Seconds of a duration such as `90`, `90s`, `15m`, `1h` or `7d`.

    Args:
        text: The duration.
        option: Option that it was given with, for the message.

    Raises:
        ValueError: It is not a duration; the text says what to write instead.
    """
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ValueError(f"{option} {text!r} is not a duration; write seconds, or for example 15m, 1h or 7d")
    return int(match[1]) * _SECONDS[match[2]]


def brief(seconds: float) -> str:
    """A duration in its largest whole unit, such as `45s`, `12m`, `5h` or `3d`."""
    whole = max(int(seconds), 0)
    unit, size = next(((unit, size) for unit, size in _UNITS if whole >= size), _UNITS[-1])
    return f"{whole // size}{unit}"


def age(since: datetime | None, now: datetime) -> str:
    """Time since `since`; `-` when that is not known."""
    return "-" if since is None else brief((now - since).total_seconds())
