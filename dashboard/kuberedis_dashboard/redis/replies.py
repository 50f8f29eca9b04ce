"""Replies of Redis as Python values.

hiredis would be faster and does not tell a status reply from a string, which a console has to show differently.
Source: https://redis.io/docs/latest/develop/reference/protocol-spec/, the types of RESP2.
"""

from __future__ import annotations

from typing import TypeAlias

MAX_NESTING = 64
"""The most arrays inside one another; a sidecar returns no more either."""

_END = b"\r\n"


class Status(bytes):
    """A status reply, such as `OK`."""

    __slots__ = ()


class ErrorReply(str):
    """An error reply, without its minus sign; what is not UTF-8 in it is U+FFFD."""

    __slots__ = ()


Reply: TypeAlias = "bytes | Status | int | ErrorReply | list[Reply] | None"


def parse(data: bytes) -> Reply:
    """The reply that `data` holds, and nothing beside it.

    Raises:
        ValueError: It is no whole reply in RESP2, or has arrays nested more than `MAX_NESTING` levels deep.
    """
    reply, end = _parse(data, 0, MAX_NESTING)
    if end != len(data):
        raise ValueError("there is something behind the reply")
    return reply


def _parse(data: bytes, start: int, nesting: int) -> tuple[Reply, int]:
    """The reply that begins at `start`, and where it ends."""
    line_end = data.find(_END, start)
    if line_end < 0:
        raise ValueError("the reply is cut off")
    kind, line, after = data[start : start + 1], data[start + 1 : line_end], line_end + len(_END)
    match kind:
        case b"+":
            return Status(line), after
        case b"-":
            return ErrorReply(line.decode(errors="replace")), after
        case b":":
            return int(line), after
        case b"$":
            return _string(data, after, int(line))
        case b"*":
            return _array(data, after, int(line), nesting)
    raise ValueError("the reply is not RESP2")


def _string(data: bytes, start: int, length: int) -> tuple[Reply, int]:
    if length < 0:
        return None, start
    end = start + length
    if data[end : end + len(_END)] != _END:
        raise ValueError("a string of the reply does not end where it should")
    return data[start:end], end + len(_END)


def _array(data: bytes, start: int, length: int, nesting: int) -> tuple[Reply, int]:
    if length < 0:
        return None, start
    if not nesting:
        raise ValueError(f"the reply is nested more than {MAX_NESTING} levels deep")
    elements: list[Reply] = []
    for _ in range(length):
        element, start = _parse(data, start, nesting - 1)
        elements.append(element)
    return elements, start
