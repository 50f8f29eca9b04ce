"""Replies as redis-cli writes them on a terminal.

Source: `cliFormatReplyTTY` of redis-cli. Strings are the exception: characters outside ASCII stay readable (see `readable.quoted`).
"""

from __future__ import annotations

from collections.abc import Sequence

from kuberedis_dashboard.redis.readable import quoted, readable
from kuberedis_dashboard.redis.replies import ErrorReply, Reply, Status

_AS_TEXT = frozenset(((b"INFO",), (b"LOLWUT",), (b"MEMORY", b"DOCTOR"), (b"MEMORY", b"MALLOC-STATS"), (b"LATENCY", b"DOCTOR")))
"""Commands whose reply is text for people, in lines."""


def format_reply(reply: Reply, command: Sequence[bytes] = ()) -> str:
    """The lines of a reply, each with its line feed.

    Args:
        reply: The reply.
        command: Name and arguments of the command, some of which redis-cli shows differently.
    """
    if isinstance(reply, bytes) and _is_for_people(command):
        lines = readable(reply.replace(b"\r\n", b"\n"), kept="\n")
        return lines.rstrip("\n") + "\n"
    return "".join(_lines(reply, ""))


def _is_for_people(command: Sequence[bytes]) -> bool:
    name = tuple(word.upper() for word in command[:2])
    return name in _AS_TEXT or name[:1] in _AS_TEXT


def _lines(reply: Reply, prefix: str) -> list[str]:
    if isinstance(reply, list):
        return _array(reply, prefix)
    return [f"{_scalar(reply)}\n"]


def _scalar(reply: bytes | int | ErrorReply | None) -> str:
    if reply is None:
        return "(nil)"
    if isinstance(reply, int):
        return f"(integer) {reply}"
    if isinstance(reply, ErrorReply):
        return f"(error) {readable(reply.encode(errors='replace'))}"
    return readable(reply) if isinstance(reply, Status) else quoted(reply)


def _array(elements: list[Reply], prefix: str) -> list[str]:
    """The first element stands behind what introduces the array, the others below it."""
    if not elements:
        return ["(empty array)\n"]
    digits = len(str(len(elements)))
    inner = prefix + " " * (digits + 2)
    lines: list[str] = []
    for index, element in enumerate(elements, 1):
        first, *others = _lines(element, inner)
        lines += [f"{prefix if index > 1 else ''}{index:>{digits}}) {first}", *others]
    return lines
