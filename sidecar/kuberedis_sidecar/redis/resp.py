"""Redis' replies off a byte stream, parsed by hiredis, with two things that hiredis does not tell.

hiredis gives a status reply and a bulk string alike as bytes. Upstash's protocol needs the difference for one text, ``OK``, and its resp2
format needs the very bytes that Redis sent. Both are found by feeding hiredis line by line where that is wanted, because a reply
always ends at the end of a line; the ordinary way feeds whole chunks.
"""

from __future__ import annotations

from typing import Any

import hiredis

from kuberedis_sidecar.api.model import BulkOk, ErrorReply, Reply

_BULK_OK = b"$2\r\nOK\r\n"
_STATUS_OK = b"+OK\r\n"


class Captured(list["Reply"]):
    """An array reply together with the bytes it was read from, kept where an ``OK`` inside it could be either kind."""

    __slots__ = ("raw",)

    def __init__(self, reply: list[Reply], raw: bytes) -> None:
        super().__init__(reply)
        self.raw = raw


class ReplyReader:
    """Reads the replies of one connection (RESP2)."""

    __slots__ = ("_carried", "_known", "_reader", "_since", "_tail")

    def __init__(self) -> None:
        self._reader = hiredis.Reader(replyError=ErrorReply)
        self._carried = False
        self._tail = b""
        self._since: list[bytes] = []
        self._known = True

    def feed(self, data: bytes) -> list[Any]:
        """The replies that `data` completes. A top-level status OK is ``b"OK"``, a bulk string of that text is `BulkOk`."""
        if _BULK_OK in data:
            return [_marked(reply, raw) for reply, raw in self.feed_captured(data)]
        reader = self._reader
        reader.feed(data)
        gets = reader.gets
        replies = []
        while (reply := gets()) is not False:
            replies.append(reply)
        if self._carried and replies and replies[0] == b"OK" and not self._was_status(data):
            replies[0] = BulkOk(b"OK")
        self._carried = reader.has_data()
        self._known = not self._carried
        self._since.clear()
        self._tail = data[-8:] if len(data) >= 8 else (self._tail + data)[-8:]
        return replies

    def feed_captured(self, data: bytes) -> list[tuple[Any, bytes | None]]:
        """Like `feed`, each reply with its bytes; None for a reply whose start was read the ordinary way."""
        reader, found = self._reader, []
        start = 0
        while start < len(data):
            # A line feed at the very start may be the second half of a line end that two chunks share.
            end = 1 if start == 0 and data[0] == 10 else data.find(b"\n", start) + 1 or len(data)
            line = data[start:end]
            start = end
            reader.feed(line)
            self._since.append(line)
            self._tail = line[-8:] if len(line) >= 8 else (self._tail + line)[-8:]
            reply = reader.gets()
            if reply is not False:
                if reply == b"OK" and not self._tail.endswith(_STATUS_OK):
                    reply = BulkOk(b"OK")
                found.append((reply, b"".join(self._since) if self._known else None))
                self._since.clear()
                self._known = True
        self._carried = bool(self._since) or not self._known
        return found

    def _was_status(self, data: bytes) -> bool:
        end = data.find(b"\n") + 1
        return (self._tail + data[:end]).endswith(_STATUS_OK)


def reread(reply: list[Reply]) -> list[Reply]:
    """The elements of an array reply as if each had come alone, so that a status OK among them is told from a bulk string."""
    if not isinstance(reply, Captured):
        return reply
    return ReplyReader().feed(reply.raw.partition(b"\n")[2])


def _marked(reply: Any, raw: bytes | None) -> Any:
    return Captured(reply, raw) if type(reply) is list and raw is not None else reply
