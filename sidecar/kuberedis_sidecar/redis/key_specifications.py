"""Which commands have all their keys found by Redis' key specifications, and so checked against the key patterns of an ACL user.

Redis takes the keys of a command from its specifications, and if one of them does not apply to the arguments at hand, it takes none: then
no key is checked, unless the server has code for that command. So a specification counts only if it applies to every call that has enough
arguments to be executed. Pure. Source: https://redis.io/docs/latest/develop/reference/key-specs/
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

# Not a key at all; a part of the keys only; found by code instead of by the specification.
_UNRELIABLE = frozenset({"not_key", "incomplete", "variable_flags"})


def keys_are_found(entry: Sequence[Any]) -> bool:
    """Whether Redis finds every key of a command from its specifications, in every call.

    Not so for a command of a module: there they are what the module says of itself.

    Args:
        entry: An element of the reply of COMMAND (https://redis.io/docs/latest/commands/command/), or one of its subcommands.
    """
    if len(entry) < 9 or not entry[8] or "module" in map(as_text, entry[2]):
        return False
    fewest_arguments = abs(entry[1])
    return all(_applies_always(_members(specification), fewest_arguments) for specification in entry[8])


def as_text(value: object) -> str:
    """A name in the reply of COMMAND, which is bytes."""
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def _applies_always(specification: dict[str, Any], fewest_arguments: int) -> bool:
    if not _UNRELIABLE.isdisjoint(map(as_text, specification["flags"])):
        return False
    begin, find = (_members(specification[part]) for part in ("begin_search", "find_keys"))
    if as_text(begin["type"]) != "index":
        return False
    first = _members(begin["spec"])["index"]
    place = _members(find["spec"])
    match as_text(find["type"]):
        case "range":
            last = first + max(place["lastkey"], 0)
        case "keynum":
            last = first + place["keynumidx"]
        case _:
            return False
    return bool(0 < first <= last < fewest_arguments)


def _members(pairs: Sequence[Any]) -> dict[str, Any]:
    """A map of RESP2, which is an array of names and values in turn."""
    return dict(zip(map(as_text, pairs[::2]), pairs[1::2], strict=True))
