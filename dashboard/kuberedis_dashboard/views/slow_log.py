"""The slow log of Redis: which commands took longer than `slowlog-log-slower-than`.

Source: https://redis.io/docs/latest/commands/slowlog-get/
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from kuberedis_core.one_line import one_line
from kuberedis_core.timestamps import format_time
from kuberedis_dashboard.views import amounts
from kuberedis_dashboard.views.ages import age

MOST_COMMANDS = 128
"""As many as Redis keeps by default."""
_LONGEST_ARGUMENT = 128
_LONGEST_COMMAND = 1024
_LATEST = 2**35


@dataclass(frozen=True, slots=True, kw_only=True)
class SlowCommand:
    """One command."""

    age: str
    time: str
    duration: str
    command: str
    """With its arguments, as far as Redis keeps them."""
    client: str


def slow_commands(reply: object, now: datetime) -> tuple[SlowCommand, ...]:
    """The commands of a reply to SLOWLOG GET, the newest first. What does not look like one of them is left out."""
    entries = reply if isinstance(reply, list) else []
    return tuple(_commands(entries[:MOST_COMMANDS], now))


def _commands(entries: Sequence[object], now: datetime) -> Iterator[SlowCommand]:
    for entry in entries:
        match entry:
            case [_, int(moment), int(microseconds), list(arguments), *rest] if 0 <= moment < _LATEST:
                at = datetime.fromtimestamp(moment, UTC)
                yield SlowCommand(
                    age=age(at, now),
                    time=format_time(at),
                    duration=amounts.latency(max(microseconds, 0) / 1e6),
                    command=one_line(" ".join(_argument(each) for each in arguments[:64]))[:_LONGEST_COMMAND],
                    client=one_line(" ".join(_argument(each) for each in rest))[:_LONGEST_ARGUMENT],
                )


def _argument(value: object) -> str:
    text = value.decode(errors="backslashreplace") if isinstance(value, bytes) else str(value)
    return text if len(text) <= _LONGEST_ARGUMENT else f"{text[:_LONGEST_ARGUMENT]}…"
