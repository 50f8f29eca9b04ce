"""One reply at a time, read by its lengths: for where memory has to be counted, the bytes are wanted, or the reply is to be dropped.

What becomes of its bytes depends on what is kept of it: its value, made by hiredis as they come; its bytes themselves; or nothing.
A long string is no work for hiredis, which would hold it twice.
"""

from __future__ import annotations

import enum
from io import BytesIO
from typing import Any

import hiredis

from kuberedis_sidecar.errors import ErrorReply
from kuberedis_sidecar.redis.replies import BulkOk
from kuberedis_sidecar.redis.reply_scanner import ReplyScanner, read_length

_LONG_BYTES = 64 * 1024
_STRING = b"$"[0]


class Keep(enum.Enum):
    """What is kept of a reply."""

    VALUE = "value"
    BYTES = "bytes"
    NOTHING = "nothing"


class MeasuredReply:
    """Reads the replies of a connection, each with `begin`, then `advance` and `add` for its bytes as they come, and `value` at its end."""

    def __init__(self) -> None:
        self._scanner = ReplyScanner()
        self._keep = Keep.NOTHING
        self._is_string = False
        self._problem = ""
        self._reader: hiredis.Reader | None = None
        self._value: Any = None
        self._buffer: BytesIO | None = None
        # Bytes that the buffer passes over, and those that it takes then.
        self._skip = self._missing = 0

    @property
    def complete(self) -> bool:
        """Whether no reply has begun that has not ended."""
        return self._scanner.complete

    @property
    def long_string(self) -> bool:
        """Whether the next bytes belong to a long string, and so are passed over at once."""
        return self._scanner.missing > _LONG_BYTES

    @property
    def cost(self) -> int:
        """Bytes of memory for what is known of the reply."""
        return self._scanner.cost

    def begin(self, keep: Keep, data: bytes, start: int) -> None:
        """Begin with a reply whose first line, unless that is a text, is in `data`.

        Raises:
            UnreadableReply: The bytes are not RESP2.
        """
        self.drop()
        self._keep = keep
        self._problem = ""
        self._is_string = data[start] == _STRING
        if keep is Keep.BYTES:
            self._buffer, self._skip, self._missing = BytesIO(), 0, -1
        elif keep is Keep.VALUE:
            end = data.find(b"\n", start)
            if self._is_string and (length := read_length(data[start + 1 : end])) > _LONG_BYTES:
                self._buffer, self._skip, self._missing = BytesIO(), end + 1 - start, length
            else:
                self._reader = hiredis.Reader(replyError=ErrorReply)

    def advance(self, data: bytes, start: int) -> int:
        """Pass over the bytes of the reply and return where they end, see `ReplyScanner.advance`."""
        return self._scanner.advance(data, start)

    def add(self, data: bytes, start: int, end: int) -> None:
        """Add these bytes, which `advance` has passed over, to what is kept."""
        if self._buffer is not None:
            piece = memoryview(data)[start + self._skip : end]
            self._skip = 0
            if self._missing >= 0:
                piece = piece[: self._missing]
                self._missing -= len(piece)
            self._buffer.write(piece)
        elif self._reader is not None:
            self._parse(self._reader, data, start, end)

    def drop(self) -> None:
        """Keep nothing of the reply."""
        self._keep = Keep.NOTHING
        self._reader = self._buffer = self._value = None

    def value(self) -> Any:
        """What was kept of the reply, which is complete; an `ErrorReply` if its value cannot be read."""
        keep, buffer, value = self._keep, self._buffer, self._value
        self.drop()
        if buffer is not None:
            # The very bytes of the buffer, not a copy.
            return buffer.getvalue()
        if keep is Keep.NOTHING:
            return None
        if self._problem:
            return ErrorReply(self._problem)
        if self._is_string and value == b"OK":
            return BulkOk(b"OK")
        for index in self._scanner.oks:
            value[index] = BulkOk(b"OK")
        return value

    def _parse(self, reader: hiredis.Reader, data: bytes, start: int, end: int) -> None:
        self._problem = self._scanner.problem
        try:
            if not self._problem:
                reader.feed(data, start, end - start)
                # A line is searched for its end from its beginning each time.
                if not self._scanner.in_line:
                    self._value = reader.gets()
        except hiredis.ProtocolError as problem:
            self._problem = f"ERR the reply cannot be read: {problem}"
        if self._problem:
            self._reader = self._value = None
