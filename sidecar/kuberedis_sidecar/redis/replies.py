"""Commands and replies as Python values. Pure: the parser is in ``resp``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from kuberedis_sidecar.errors import ErrorReply

Command: TypeAlias = Sequence[bytes | str | int]
"""The name of a command and its arguments; text must be encodable in UTF-8."""


class BulkOk(bytes):
    """A bulk string ``OK``, at the top of a reply or in an array there; plain ``b"OK"`` is the status reply."""

    __slots__ = ()


Reply: TypeAlias = "bytes | int | ErrorReply | list[Reply] | None"
Replies: TypeAlias = Sequence[Reply]

MULTI: Command = ("MULTI",)
"""Begins a transaction, whose commands are sent together."""

MAX_NESTING = 64
"""The most arrays that a reply may have inside one another."""

# Measured with hiredis on CPython 3.11: an object, and its place in the list that holds it.
ELEMENT_BYTES = 64
# An array takes 72, but also time of the garbage collector, which holds up everybody.
ARRAY_BYTES = 256
ERROR_BYTES = 192


def memory_left(reply: Reply, left: int, nesting: int = MAX_NESTING) -> int:
    """What is left of `left` bytes of memory when a reply has taken its part; negative, whatever the number, if it takes more.

    Arrays deeper than `nesting` are not counted.
    """
    if isinstance(reply, bytes):
        return left - len(reply) - ELEMENT_BYTES
    if not isinstance(reply, list):
        return left - ELEMENT_BYTES if not isinstance(reply, ErrorReply) else left - ERROR_BYTES - len(str(reply))
    left -= ARRAY_BYTES + ELEMENT_BYTES * len(reply)
    if left < 0 or not nesting:
        return left
    kinds = set(map(type, reply))
    if kinds == _ONLY_BYTES:
        return left - sum(map(len, reply))  # type: ignore[arg-type]
    if kinds <= _WITHOUT_CONTENT:
        return left
    for element in reply:
        left = memory_left(element, left + ELEMENT_BYTES, nesting - 1)
        if left < 0:
            break
    return left


def memory_of(replies: list[Reply]) -> int:
    """Bytes of memory that replies take."""
    return _UNLIMITED - memory_left(replies, _UNLIMITED)


_UNLIMITED = 2**62
_ONLY_BYTES = {bytes}
_WITHOUT_CONTENT = {int, type(None)}
