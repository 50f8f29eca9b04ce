"""The time limits in commands that may block, for those that are sent again. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from kuberedis_sidecar.redis.command_table import command_name
from kuberedis_sidecar.redis.key_specifications import as_text
from kuberedis_sidecar.redis.replies import Command

# Where the limit is, https://redis.io/docs/latest/commands/; and its unit, in seconds.
_POSITIONS = {
    "BLMOVE": (-1, 1.0),
    "BLMPOP": (1, 1.0),
    "BLPOP": (-1, 1.0),
    "BRPOP": (-1, 1.0),
    "BRPOPLPUSH": (-1, 1.0),
    "BZMPOP": (1, 1.0),
    "BZPOPMAX": (-1, 1.0),
    "BZPOPMIN": (-1, 1.0),
    "WAIT": (-1, 0.001),
    "WAITAOF": (-1, 0.001),
}
_OPTION = "BLOCK"
_WITH_OPTION = frozenset({"XREAD", "XREADGROUP"})
_MILLISECOND = 0.001


def with_time_left(command: Command, elapsed: float) -> Command:
    """A command that waits for `elapsed` seconds less than this one, but does wait, since 0 stands for ever.

    A command that waits for ever, that has no limit, or one that is not known, is returned as it is.
    """
    name = command_name(command)
    place = _POSITIONS.get(name)
    if place is None and name in _WITH_OPTION:
        place = _option(command)
    if place is None or len(command) < 2:
        return command
    position, unit = place
    try:
        limit = float(as_text(command[position])) * unit
    except (IndexError, ValueError):
        return command
    if limit <= 0:
        return command
    left = max(limit - elapsed, _MILLISECOND)
    changed = list(command)
    changed[position] = str(round(left / unit)) if unit != 1.0 else f"{left:.3f}"
    return changed


def _option(command: Sequence[object]) -> tuple[int, float] | None:
    """Where the value of BLOCK is."""
    for position, argument in enumerate(command[1:-1], start=1):
        if as_text(argument).upper() == _OPTION:
            return position + 1, _MILLISECOND
    return None
