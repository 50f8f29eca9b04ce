"""The keys of an instance as its data page lists them."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass

from kuberedis_dashboard.redis.keyspace import FIRST, Filter, KeyRow, Prefixes, Progress
from kuberedis_dashboard.redis.readable import readable
from kuberedis_dashboard.views.ages import brief
from kuberedis_dashboard.views.amounts import count, size

_LONGEST_LABEL = 200
MOST_PREFIXES = 50

UNITS = {"string": "byte", "hash": "field", "list": "item", "set": "member", "zset": "member", "stream": "entry"}
_PLURALS = {"entry": "entries"}


@dataclass(frozen=True, slots=True)
class KeyLine:
    """A key in the list."""

    label: str
    field: str
    """Its name in base64, for forms; empty if it cannot be opened."""
    type: str
    expires: str
    size: str
    length: str


@dataclass(frozen=True, slots=True)
class PrefixLine:
    """A prefix that keys have in common."""

    label: str
    field: str
    keys: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyList:
    """A page of keys, and what leads to others."""

    lines: tuple[KeyLine, ...]
    progress: str
    cursor: str
    """Where to go on; empty at the end."""
    looked_at: int
    is_empty: bool
    """Whether the instance has no keys at all."""
    pattern: str
    type: str
    prefix: PrefixLine
    parents: tuple[PrefixLine, ...]
    """What the prefix begins with, from the shortest on."""
    prefixes: tuple[PrefixLine, ...]
    prefix_note: str


def key_list(keys: Filter, progress: Progress, total: int, found: Prefixes | None) -> KeyList:
    """A page of the list.

    Args:
        keys: What is shown.
        progress: How far the walk has come.
        total: How many keys there are.
        found: The prefixes below that of the filter; None if they are not shown.
    """
    return KeyList(
        lines=tuple(_line(row) for _, row in sorted(progress.rows.items())),
        progress=_progress(keys, progress, total),
        cursor="" if progress.cursor == FIRST else progress.cursor,
        looked_at=progress.looked_at,
        is_empty=total == 0,
        pattern=readable(keys.pattern),
        type=keys.type,
        prefix=prefix_line(keys.prefix),
        parents=_parents(keys.prefix),
        prefixes=() if found is None else tuple(prefix_line(name, number) for name, number in found.largest(MOST_PREFIXES)),
        prefix_note="" if found is None else _prefix_note(found, total),
    )


def prefix_line(prefix: bytes, number: int | None = None) -> PrefixLine:
    """A prefix, with how many keys were seen to have it."""
    return PrefixLine(shortened(prefix), b64encode(prefix).decode(), "" if number is None else count(number))


def shortened(name: bytes) -> str:
    """A name that fits into a table."""
    text = readable(name)
    return text if len(text) <= _LONGEST_LABEL else f"{text[:_LONGEST_LABEL]}…"


def expires(milliseconds: int) -> str:
    """When a key expires, from what PTTL says."""
    return "never" if milliseconds < 0 else f"in {brief(milliseconds / 1000)}" if milliseconds >= 1000 else "now"


def length(kind: str, number: int) -> str:
    """How much a key holds, as `3 fields`."""
    unit = UNITS.get(kind, "")
    if not unit:
        return ""
    return f"{count(number)} {unit if number == 1 else _PLURALS.get(unit, unit + 's')}"


def _line(row: KeyRow) -> KeyLine:
    label = shortened(row.name)
    return KeyLine(
        label=label if row.can_be_opened else f"{label} ({size(row.name_length)} long)",
        field=b64encode(row.name).decode() if row.can_be_opened else "",
        type=row.type,
        expires=expires(row.expires_in_ms),
        size=size(row.memory),
        length=length(row.type, row.length),
    )


def _progress(keys: Filter, progress: Progress, total: int) -> str:
    shown = len(progress.rows)
    if progress.cursor == FIRST:
        if keys.is_everything:
            return f"All of {count(total)} keys were looked at." if progress.looked_at > shown else f"{count(shown)} keys."
        return f"All of {count(total)} keys were looked at; {count(shown)} on this page match."
    seen = min(progress.looked_at, total)
    matching = "" if keys.is_everything else " match"
    return f"About {count(seen)} of {count(total)} keys ({seen / max(total, 1):.0%}) were looked at; {count(shown)} on this page{matching}."


def _parents(prefix: bytes) -> tuple[PrefixLine, ...]:
    ends = [at + 1 for at, byte in enumerate(prefix[:-1]) if byte == ord(":")]
    return tuple(prefix_line(prefix[:end]) for end in ends[-16:])


def _prefix_note(found: Prefixes, total: int) -> str:
    if found.cursor == FIRST or found.looked_at >= total:
        return ""
    return f"Counted among about {count(found.looked_at)} of {count(total)} keys."
