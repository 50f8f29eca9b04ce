"""Lengths and points of time, as people write and read them."""

import re
from datetime import UTC, datetime

_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"([0-9]{1,9})([smhd]?)")
_UNITS = (("d", 86400), ("h", 3600), ("m", 60), ("s", 1))


def parse_seconds(text: str, option: str) -> int:
    """Seconds of `90`, `90s`, `15m`, `1h` or `7d`, which was given as `option`.

    Raises ValueError, with what to write instead.
    """
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ValueError(f"{option} {text!r} is not a length of time; write seconds, or for example 15m, 1h or 7d")
    return int(match[1]) * _SECONDS[match[2]]


def brief(seconds: float) -> str:
    """A length of time in its largest whole unit, such as `45s`, `12m`, `5h` or `3d`."""
    whole = max(int(seconds), 0)
    unit, size = next(((unit, size) for unit, size in _UNITS if whole >= size), _UNITS[-1])
    return f"{whole // size}{unit}"


def age(since: datetime | None, now: datetime) -> str:
    """How long ago that was; `-` when it is not known."""
    return "-" if since is None else brief((now - since).total_seconds())


def parse_time(text: str | None) -> datetime | None:
    """A time as the Kubernetes API writes it (RFC 3339); None when there is none."""
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
