"""Numbers as people read them: sizes, counts, rates, latencies, parts of a whole."""

from __future__ import annotations

from kuberedis_core.quantities import format_bytes

NOT_KNOWN = "–"


def size(amount: float | None) -> str:
    """Bytes in the largest binary unit, as `1.5Gi`, and those below 1Ki as `72 B`."""
    if amount is None:
        return NOT_KNOWN
    number = max(int(amount), 0)
    return f"{number} B" if number < 2**10 else format_bytes(number)


def count(number: float | None) -> str:
    """A whole number with separators, as `1,234`."""
    return NOT_KNOWN if number is None else f"{number:,.0f}"


def rate(per_second: float | None) -> str:
    """How often a second, as `0`, `0.25`, `7.5` or `1,234`."""
    if per_second is None:
        return NOT_KNOWN
    digits = 2 if per_second < 1 else 1 if per_second < 10 else 0
    text = f"{per_second:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def latency(seconds: float | None) -> str:
    """A short time in the unit that suits it, as `420 µs`, `1.2 ms` or `3.5 s`."""
    if seconds is None:
        return NOT_KNOWN
    for unit, factor in (("s", 1.0), ("ms", 1e3)):
        if (amount := seconds * factor) >= 1:
            return f"{amount:.1f} {unit}" if amount < 10 else f"{amount:,.0f} {unit}"
    return f"{seconds * 1e6:.0f} µs"


def part(of_one: float | None) -> str:
    """A part of a whole in percent, as `99.5%`."""
    return NOT_KNOWN if of_one is None else f"{of_one:.1%}"
