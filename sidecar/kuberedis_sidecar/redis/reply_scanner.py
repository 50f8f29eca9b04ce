"""Where a reply ends, and what memory its values take, from the lengths in it (RESP2). Pure.

A bulk string is passed over by its length, whatever is in it. So the cost of a reply is that of its elements, not of its bytes.
"""

from __future__ import annotations

from kuberedis_sidecar.errors import UnreadableReply
from kuberedis_sidecar.redis.replies import ARRAY_BYTES, ELEMENT_BYTES, ERROR_BYTES, MAX_NESTING

MAX_LINE_BYTES = 1024 * 1024
"""The longest text of a status or an error."""

_STRING, _INTEGER, _ARRAY, _STATUS, _ERROR = b"$:*+-"
_SHORT = 64


class ReplyScanner:
    """Finds the end of one reply after the other in bytes that come in pieces.

    Attributes:
        complete: Whether the reply has ended; the next `advance` begins another one.
        cost: Bytes of memory for the values of the reply so far; a string counts as soon as its length is known.
        in_line: Whether a status or an error has begun and not ended.
        problem: Why the values of this reply cannot be read; empty if they can. Its end is found nevertheless.
        missing: Bytes that are missing of the string that has begun.
        oks: Positions of the bulk strings ``OK`` among the elements of an array.
    """

    __slots__ = ("_largest", "_line_bytes", "_open", "_size", "complete", "cost", "in_line", "missing", "oks", "problem")

    def __init__(self) -> None:
        self._reset()
        self.complete = True

    def advance(self, data: bytes, start: int) -> int:
        """Pass over the reply, from `start` to its end or that of `data`, and return where that was.

        It is before the end of `data` also when that cuts a length or a short string; what is left has to come again, with more after it.

        Raises:
            UnreadableReply: The bytes are not RESP2.
        """
        try:
            return self._advance(data, start)
        except ValueError:
            raise UnreadableReply("a length that is no number") from None

    def _advance(self, data: bytes, start: int) -> int:
        if self.complete:
            self._reset()
        position = start
        if self.missing:
            position = min(start + self.missing, len(data))
            self.missing -= position - start
            if self.missing:
                return position
            self._end_element()
        elif self.in_line:
            position = self._line(data, start)
            if self.in_line:
                return position
            self._end_element()
        return position if self.complete else self._elements(data, position)

    def _reset(self) -> None:
        self.complete = False
        self.cost = 0
        self.in_line = False
        self.problem = ""
        self.oks: list[int] = []
        # Elements that are missing in each array that has begun; the number of elements of the outermost one.
        self._open: list[int] = []
        self._size = 0
        # Its line end is included.
        self.missing = 0
        self._line_bytes = 0
        self._largest = 0

    def _elements(self, data: bytes, start: int) -> int:
        """Pass over elements that begin in `data`. The loop runs for each element of a large reply, so its usual way has no calls."""
        position, size, find, missing = start, len(data), data.find, self._open
        cost = 0
        while position < size:
            kind, end = data[position], find(b"\n", position)
            if kind == _STRING and end >= 0:
                length = int(data[position + 1 : end - 1])
                after = end + 3 + length if length >= 0 else end + 1
                if after > size:
                    if length <= _SHORT:
                        break
                    self.missing = after - size
                    after = size
                cost += length + ELEMENT_BYTES
                if missing and (length > self._largest or length == 2):
                    self._string_in_array(data, end + 1, length)
                position = after
                if self.missing:
                    break
            elif kind == _INTEGER and end >= 0:
                cost += ELEMENT_BYTES
                position = end + 1
            elif kind == _ARRAY and end >= 0:
                length = int(data[position + 1 : end - 1])
                position = end + 1
                self._array(length)
                if length > 0:
                    continue
            elif kind in (_STATUS, _ERROR):
                cost += ERROR_BYTES if kind == _ERROR else ELEMENT_BYTES
                position = self._line(data, position)
                if self.in_line:
                    break
            elif end < 0 and size - position <= _SHORT:
                break
            else:
                raise UnreadableReply("bytes that are not RESP2")
            if missing and missing[-1] > 1:
                missing[-1] -= 1
                continue
            self._end_element()
            if self.complete:
                break
        self.cost += cost
        return position

    def _string_in_array(self, data: bytes, start: int, length: int) -> None:
        if length > self._largest:
            # The parser holds a string inside an array twice, until all of it has come.
            self.cost += length - self._largest
            self._largest = length
        if length == 2 and len(self._open) == 1 and data.startswith(b"OK", start):
            self.cost += ELEMENT_BYTES
            self.oks.append(self._size - self._open[0])

    def _array(self, length: int) -> None:
        self.cost += ARRAY_BYTES
        if not self._open:
            self._size = length
        if length > 0:
            self._open.append(length)
        if len(self._open) > MAX_NESTING:
            self.problem = f"ERR the reply is nested more than {MAX_NESTING} levels deep"

    def _line(self, data: bytes, start: int) -> int:
        end = data.find(b"\n", start) + 1 or len(data)
        self.in_line = data[end - 1] != 10
        self._line_bytes += end - start
        self.cost += end - start
        if self._line_bytes > MAX_LINE_BYTES:
            self.problem = f"ERR the reply has a status or an error of more than {MAX_LINE_BYTES} bytes"
        if not self.in_line:
            self._line_bytes = 0
        return end

    def _end_element(self) -> None:
        """Count an element, and each array that it ends."""
        missing = self._open
        while missing:
            missing[-1] -= 1
            if missing[-1]:
                return
            missing.pop()
        self.complete = True


def read_length(text: bytes) -> int:
    """The length that a line gives.

    Raises:
        UnreadableReply: It is no number.
    """
    try:
        return int(text)
    except ValueError:
        raise UnreadableReply("a length that is no number") from None
