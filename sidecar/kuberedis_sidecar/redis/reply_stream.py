"""The replies on one connection, each given to the batch that waits for it.

Theory of operation: bytes are read in one of three ways.

- As they come, by hiredis, which is fast: `feed`. It is the usual way, and nothing is known of a reply before it is complete.
- The same, after bytes that ended inside a reply (`_unfinished`): they are kept, for the case that this reply turns out to be long.
- One reply after the other, by its lengths (`_measured`): a long one, whose memory has to be counted; one whose bytes are wanted
  (`Batch.raw`) or that is dropped; one that hiredis could not read; and bytes with a bulk string ``OK``, which hiredis does not tell from
  a status. From the second way it begins anew with the bytes that were kept.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from kuberedis_sidecar.errors import SidecarError, UnreadableReply
from kuberedis_sidecar.redis.batch import Batch, Reserve, Result, release
from kuberedis_sidecar.redis.measured_reply import Keep, MeasuredReply
from kuberedis_sidecar.redis.replies import memory_of
from kuberedis_sidecar.redis.resp import BULK_OK, ReplyReader

# When bytes that are kept are read again by their lengths: when as many as the first did not end a reply, or when they become more.
_LONG_BYTES = 64 * 1024
_MOST_KEPT_BYTES = 512 * 1024
_MOST_KEPT_REPLIES = 8192
# Bytes that are read by lengths in one turn of the event loop, which may have an element in every four of them.
_TURN_BYTES = 64 * 1024
_LONGEST_LENGTH = 64


class ReplyStream:
    """Reads the bytes of a connection.

    Args:
        finish: Called with a batch that is complete and its replies.

    Attributes:
        pending: Batches without all of their replies, oldest first.
        on_push: Called with each reply that answers no command (Pub/Sub, MONITOR), or with the `SidecarError` for one that does not fit
            into memory.
        reserve: Pays for the memory of replies; None for replies that need not be counted.
    """

    def __init__(self, finish: Callable[[Batch, Result], None]) -> None:
        self._finish = finish
        self.pending: deque[Batch] = deque()
        self.on_push: Callable[[Any], None] | None = None
        self.reserve: Reserve | None = None
        self._reader = ReplyReader()
        # Whether the next bytes are not for the usual way.
        self._special = False
        self._raw_batches = 0
        # Pieces, the first of which begins with a reply and the last of which ends inside one, and the number of replies that they end.
        self._unfinished: list[bytes] = []
        self._unfinished_replies = 0
        # The end of the last of them, for a `BULK_OK` that is cut.
        self._tail = b""
        self._measured = MeasuredReply()
        self._batch = self._nobody()
        # The part of the current reply's cost that has been counted.
        self._counted = 0
        # Bytes that the next ones are appended to.
        self._rest = b""

    @property
    def unfinished(self) -> bool:
        """Whether a reply, or a batch, has begun and not ended."""
        return bool(self._unfinished or self._rest) or not self._measured.complete or bool(self.pending and self.pending[0].replies)

    def add(self, batch: Batch) -> None:
        """Expect the replies to a batch."""
        self.pending.append(batch)
        if batch.raw:
            self._raw_batches += 1
            self._special = True

    def feed(self, data: bytes) -> bytes:
        """Read bytes, and return those that are to be fed again in the next turn of the event loop, before any others.

        Raises:
            UnreadableReply: Redis does not keep to its protocol.
        """
        if self._special or BULK_OK in data:
            return self._feed_special(data)
        reader = self._reader
        try:
            replies = reader.feed(data)
        except UnreadableReply:
            self._reader = ReplyReader()
            return self._read_by_length(data, all_of_it=True)
        self._distribute(replies)
        if reader.incomplete:
            self._unfinished.append(data)
            self._unfinished_replies = len(replies)
            self._tail = data[-len(BULK_OK) :]
            self._special = True
        return b""

    def close(self) -> None:
        """Give back the memory of a push that has begun; that of a batch goes with its result."""
        if self._batch.memory is not None:
            self._batch.memory.release()

    def _distribute(self, replies: list[Any]) -> None:
        pending = self.pending
        start, end = 0, len(replies)
        while start < end:
            if not pending:
                self._push(replies[start])
                start += 1
                continue
            batch = pending[0]
            missing = batch.count - len(batch.replies)
            new = replies[start : start + missing]
            batch.replies += new
            start += missing
            if start > end or batch.memory is not None:
                self._count_memory(batch, new)
            if start <= end:
                pending.popleft()
                self._finish(batch, batch.replies)

    def _count_memory(self, batch: Batch, replies: list[Any]) -> None:
        batch.count_memory(memory_of(replies), self.reserve)
        self._special = self._special or batch.dropped

    def _feed_special(self, data: bytes) -> bytes:
        if self._rest:
            data, self._rest = self._rest + data, b""
        if not self._unfinished:
            return self._read_by_length(data)
        if self._read_unfinished(data):
            return b""
        data = b"".join(self._unfinished)
        self._unfinished.clear()
        self._reader = ReplyReader()
        return self._read_by_length(data, self._unfinished_replies, all_of_it=True)

    def _read_unfinished(self, data: bytes) -> bool:
        """Read bytes after those that ended inside a reply in the usual way; False if these and those are to be read by lengths."""
        kept = self._unfinished
        kept.append(data)
        seam = self._tail + data[: len(BULK_OK)]
        self._tail = data[-len(BULK_OK) :] if len(data) >= len(BULK_OK) else seam[-len(BULK_OK) :]
        if self._raw_batches or BULK_OK in data or BULK_OK in seam or (self.pending and self.pending[0].dropped):
            return False
        try:
            replies = self._reader.feed(data)
        except UnreadableReply:
            return False
        self._distribute(replies)
        self._unfinished_replies += len(replies)
        if not self._reader.incomplete:
            kept.clear()
            self._special = self._by_length()
            return True
        size = sum(map(len, kept))
        short = bool(replies) or size <= _LONG_BYTES
        return short and size <= _MOST_KEPT_BYTES and self._unfinished_replies <= _MOST_KEPT_REPLIES

    def _by_length(self) -> bool:
        """Whether the next reply has to be read by its lengths."""
        return self._raw_batches > 0 or (bool(self.pending) and self.pending[0].dropped)

    def _read_by_length(self, data: bytes, ended: int = 0, *, all_of_it: bool = False) -> bytes:
        """Read bytes by lengths, after `ended` replies that have been read before; what does not need it is read in the usual way."""
        measured, position = self._measured, 0
        last_ok = len(data) if all_of_it else data.rfind(BULK_OK)
        for _ in range(ended):
            measured.begin(Keep.NOTHING, data, position)
            position = measured.advance(data, position)
        size = len(data) if measured.long_string else min(len(data), position + _TURN_BYTES)
        later, data = data[size:], data[:size]
        self._special = True
        while position < size:
            if measured.complete:
                if position > last_ok and not self._by_length():
                    self._special = False
                    return self.feed(data[position:] + later)
                if size - position < _LONGEST_LENGTH and data.find(b"\n", position) < 0:
                    break
                self._begin(data, position)
            end = self._advance(data, position)
            if end == position:
                break
            position = end
        if later:
            return data[position:] + later
        self._rest = data[position:]
        self._special = bool(self._rest) or not measured.complete or self._by_length()
        return b""

    def _begin(self, data: bytes, position: int) -> None:
        batch = self.pending[0] if self.pending else self._nobody()
        keep = Keep.NOTHING if batch.dropped else Keep.BYTES if batch.raw else Keep.VALUE
        self._measured.begin(keep, data, position)
        self._batch, self._counted = batch, 0

    def _advance(self, data: bytes, start: int) -> int:
        """Read more of the current reply, which is paid for before it is kept; where it, or `data`, ends."""
        measured, batch = self._measured, self._batch
        end = measured.advance(data, start)
        batch.count_memory(measured.cost - self._counted, self.reserve)
        self._counted = measured.cost
        if batch.dropped:
            measured.drop()
        measured.add(data, start, end)
        if measured.complete:
            self._complete(batch, measured.value())
        return end

    def _complete(self, batch: Batch, reply: Any) -> None:
        batch.replies.append(reply)
        if len(batch.replies) < batch.count:
            return
        if self.pending and self.pending[0] is batch:
            self.pending.popleft()
            self._raw_batches -= batch.raw
        self._finish(batch, batch.replies)

    def _nobody(self) -> Batch:
        """For a reply that answers no command."""
        return Batch(1, self._push_result, float("inf"), False)

    def _push_result(self, result: Result) -> None:
        self._push(result if isinstance(result, SidecarError) else result[0])
        release(result)

    def _push(self, reply: Any) -> None:
        if self.on_push is not None:
            self.on_push(reply)
