"""RESP2 (https://redis.io/docs/latest/develop/reference/protocol-spec/): commands to bytes, and bytes to replies, by hiredis.

hiredis returns a status reply and a bulk string alike as bytes. Upstash's protocol needs the difference for one text, ``OK``, and its
resp2 format needs the very bytes that Redis sent. Where either is needed, hiredis is fed line by line, because a reply always ends at
the end of a line; otherwise it is fed whole chunks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

import hiredis

from kuberedis_sidecar.errors import BadCommand, ErrorReply
from kuberedis_sidecar.redis.replies import BulkOk, Command, Reply

_BULK_OK = b"$2\r\nOK\r\n"
_STATUS_OK = b"+OK\r\n"

# The stubs of hiredis declare a tuple of one element.
_pack_command: Callable[[tuple[Any, ...]], bytes] = cast("Any", hiredis.pack_command)


def pack(commands: Sequence[Command]) -> bytes:
    """The bytes of commands.

    Raises:
        BadCommand: An argument is not bytes, text or a number, or its text cannot be encoded in UTF-8.
    """
    try:
        if len(commands) == 1:
            return _pack_command(tuple(commands[0]))
        return b"".join(map(_pack_command, map(tuple, commands)))
    except (TypeError, UnicodeEncodeError):
        raise BadCommand("ERR an argument is neither bytes nor text in UTF-8") from None


class Captured(list["Reply"]):
    """An array reply with its bytes, kept where an ``OK`` in it may be a status or a bulk string."""

    __slots__ = ("raw",)

    def __init__(self, reply: list[Reply], raw: bytes) -> None:
        super().__init__(reply)
        self.raw = raw


class ReplyReader:
    """Reads the replies of one connection (RESP2)."""

    __slots__ = ("_complete_lines", "_incomplete", "_lines", "_reader", "_tail")

    def __init__(self) -> None:
        self._reader = hiredis.Reader(replyError=ErrorReply)
        # Whether a reply has begun and not ended.
        self._incomplete = False
        self._tail = b""
        self._lines: list[bytes] = []
        # Whether `_lines` has the current reply from its beginning.
        self._complete_lines = True

    def feed(self, data: bytes) -> list[Any]:
        """The replies that `data` completes. A top-level status OK is ``b"OK"``, a bulk string of that text is `BulkOk`."""
        if _BULK_OK in data:
            return [_with_bytes(reply, raw) for reply, raw in self.feed_captured(data)]
        reader = self._reader
        reader.feed(data)
        gets = reader.gets
        replies = []
        while (reply := gets()) is not False:
            replies.append(reply)
        if self._incomplete and replies and replies[0] == b"OK" and not self._was_status(data):
            replies[0] = BulkOk(b"OK")
        self._incomplete = reader.has_data()
        self._complete_lines = not self._incomplete
        self._lines.clear()
        self._tail = data[-8:] if len(data) >= 8 else (self._tail + data)[-8:]
        return replies

    def feed_captured(self, data: bytes) -> list[tuple[Any, bytes | None]]:
        """Like `feed`, each reply with its bytes; None for a reply whose start was read by `feed`."""
        reader, replies = self._reader, []
        start = 0
        while start < len(data):
            end = data.find(b"\n", start) + 1 or len(data)
            line = data[start:end]
            start = end
            reader.feed(line)
            self._lines.append(line)
            self._tail = line[-8:] if len(line) >= 8 else (self._tail + line)[-8:]
            reply = reader.gets()
            if reply is not False:
                if reply == b"OK" and not self._tail.endswith(_STATUS_OK):
                    reply = BulkOk(b"OK")
                replies.append((reply, b"".join(self._lines) if self._complete_lines else None))
                self._lines.clear()
                self._complete_lines = True
        self._incomplete = bool(self._lines) or not self._complete_lines
        return replies

    def _was_status(self, data: bytes) -> bool:
        end = data.find(b"\n") + 1
        return (self._tail + data[:end]).endswith(_STATUS_OK)


def parse_elements(reply: list[Reply]) -> list[Reply]:
    """The elements of an array reply, each parsed as a top-level reply, so that a status OK differs from a bulk string (see `BulkOk`)."""
    if not isinstance(reply, Captured):
        return reply
    return ReplyReader().feed(reply.raw.partition(b"\n")[2])


def _with_bytes(reply: Any, raw: bytes | None) -> Any:
    return Captured(reply, raw) if type(reply) is list and raw is not None else reply
