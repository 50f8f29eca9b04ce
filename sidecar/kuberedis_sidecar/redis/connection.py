"""One connection to Redis: commands leave in one write a turn of the event loop, replies go to their callers in order."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, cast

from kuberedis_core.logging import log
from kuberedis_sidecar.errors import ErrorReply, RedisTimeout, RedisUnavailable, SidecarError, UnreadableReply
from kuberedis_sidecar.redis.batch import Batch, BatchMemory, OnResult, Result, release, set_result
from kuberedis_sidecar.redis.pipeline import LONG, SHORT, LongPipeline
from kuberedis_sidecar.redis.replies import MULTI, Command
from kuberedis_sidecar.redis.reply_stream import ReplyStream
from kuberedis_sidecar.redis.resp import pack

_UNKNOWN_OUTCOME = "the connection to Redis broke before the answer came; the command may have been carried out"
# What commands on their way may reply with, where replies are large. Valkey 9 takes four times as much memory for them, and disconnects who
# makes it take more than `maxmemory-clients`.
_FLIGHT_BYTES = 4 * 1024 * 1024
_LARGE_BYTES = 64 * 1024
# Shorter batches are faster joined than written each.
_JOINED_BYTES = 4 * 1024

_BROKEN_ANSWER = (
    "the connection to Redis broke in the middle of the answer, which may be larger than Redis allows (client-output-buffer-limit); "
    "the command was carried out; read less at once"
)
_TIMED_OUT = "Redis did not answer in time; the command may be carried out yet"
_CLOSED = "the connection to Redis is closed"


class Connection(asyncio.Protocol):
    """A connection that many callers share, or that one caller has to itself.

    Attributes:
        replies: The replies as they come; see there for those that answer no command (Pub/Sub, MONITOR).
        on_lost: Called once when the connection is gone.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._transport: asyncio.Transport | None = None
        self.replies = ReplyStream(self._finish)
        self._pending = self.replies.pending
        self._out: list[bytes] = []
        self._paused = False
        # Bytes that came and are read in the next turn of the event loop, before any others.
        self._later = b""
        self.usual_bytes = 0
        """Bytes of a reply of late, if that is large. Then long pipelines are those of a few commands, and few commands are on their way at
        once, so that Redis does not hold the replies to all of them."""
        self.whole = LONG
        """The most commands of a pipeline that is sent as a whole."""
        self.on_lost: Callable[[], None] | None = None

    @property
    def in_flight(self) -> int:
        """Number of batches without their replies."""
        return len(self._pending)

    @property
    def closed(self) -> bool:
        """Whether nothing can be sent any more."""
        return self._transport is None or self._transport.is_closing()

    def send(
        self, commands: Sequence[Command], on_result: OnResult, deadline: float, raw: bool = False, memory: BatchMemory | None = None
    ) -> None:
        """Send commands, one or more.

        Args:
            commands: Commands whose text can be encoded in UTF-8; anything else raises `BadCommand` before it is sent.
            on_result: Called with the `Result`; exactly once, never from within this call.
            deadline: Time of the event loop's clock after which `expire` gives up the commands.
            raw: Pass the bytes of the replies in place of their values.
            memory: What pays for the replies, if these commands are a part of more.
        """
        count = len(commands)
        if count > self.whole and commands[0] is not MULTI and memory is None:
            LongPipeline(commands, partial(self._send_packed, deadline=deadline, raw=raw), on_result)
            return
        packed = pack(commands)
        if raw or memory is not None or self._transport is None:
            self._send_packed(packed, count, on_result, memory, deadline, raw)
            return
        # What `_send_packed` does, without its frames on the usual way.
        if not self._out:
            self._loop.call_soon(self._flush)
        self._out.append(packed)
        self._pending.append(Batch(count, on_result, deadline, False, None))

    def _send_packed(self, packed: bytes, count: int, on_result: OnResult, memory: BatchMemory | None, deadline: float, raw: bool) -> None:
        if self._transport is None:
            self._loop.call_soon(on_result, RedisUnavailable(_CLOSED))
            return
        if not self._out:
            self._loop.call_soon(self._flush)
        self._out.append(packed)
        self.replies.add(Batch(count, on_result, deadline, raw, memory))

    async def call(self, *commands: Command, seconds: float = 5.0) -> list[Any]:
        """Send commands and wait for their replies.

        Raises:
            RedisUnavailable: There was no reply.
            ErrorReply: A command failed; of several, the first failure.
        """
        result: asyncio.Future[Any] = self._loop.create_future()
        if self.closed:
            raise RedisUnavailable(_CLOSED)
        self.send(commands, set_result(result), self._loop.time() + seconds)
        try:
            async with asyncio.timeout(seconds):
                replies = await result
        except TimeoutError:
            raise RedisTimeout(_TIMED_OUT) from None
        if isinstance(replies, SidecarError):
            raise replies
        release(replies)
        for reply in replies:
            if isinstance(reply, ErrorReply):
                raise reply
        return list(replies)

    def expire(self, now: float) -> None:
        """Give up batches whose deadline has passed; replies that come later are dropped."""
        for batch in tuple(self._pending):
            if batch.deadline <= now:
                self._finish(batch, RedisTimeout(_TIMED_OUT))

    def write(self, *commands: Command) -> None:
        """Send commands whose replies come as pushes: SUBSCRIBE and MONITOR reply for as long as they last."""
        if self._transport is not None:
            self._transport.write(pack(commands))

    def close(self) -> None:
        """Close at once; the outcome of what is in flight is unknown."""
        if self._transport is not None:
            self._transport.abort()

    def pause(self) -> None:
        """Stop reading until `resume`; Redis buffers what it has, up to its own limit for such clients."""
        if self._transport is not None and not self._transport.is_closing():
            self._paused = True
            self._transport.pause_reading()

    def resume(self) -> None:
        """Read again after `pause`."""
        self._paused = False
        if self._transport is not None and not self._transport.is_closing() and not self._later:
            self._transport.resume_reading()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are asyncio's by duck type only.
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        try:
            later = self.replies.feed(data)
        except UnreadableReply as problem:
            log.error("redis_reply_unreadable", reason=str(problem), consequence="the connection is closed")
            self.close()
            return
        if later:
            self._read_later(later)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        self._transport = None
        sent = len(self._pending) - len(self._out)
        if self._pending and self.replies.unfinished:
            # Perhaps it was too large for Redis, see client-output-buffer-limit.
            self.expect(_FLIGHT_BYTES)
            self._lose(self._pending.popleft(), RedisUnavailable(_BROKEN_ANSWER), was_sent=True)
            sent -= 1
        # Batches that fail tell nothing of the size of replies.
        usual_bytes = self.usual_bytes
        unknown = RedisUnavailable(_UNKNOWN_OUTCOME)
        while self._pending:
            self._lose(self._pending.popleft(), unknown, was_sent=sent > 0)
            sent -= 1
        self._out.clear()
        self.replies.close()
        self.expect(usual_bytes)
        if self.on_lost is not None:
            self.on_lost()

    def _lose(self, batch: Batch, problem: RedisUnavailable, *, was_sent: bool) -> None:  # noqa: ARG002
        """Finish a batch whose replies will not come."""
        self._finish(batch, problem)

    def _read_later(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._later = data
            self._transport.pause_reading()
            self._loop.call_soon(self._read_now)

    def _read_now(self) -> None:
        data, self._later = self._later, b""
        if self._transport is None or self._transport.is_closing():
            return
        self.data_received(data)
        if not self._paused:
            self.resume()

    def expect(self, reply_bytes: int) -> None:
        """Expect replies as large as the last ones."""
        self.usual_bytes = reply_bytes if reply_bytes > _LARGE_BYTES else 0
        self.whole = SHORT if self.usual_bytes else LONG
        if self._out:
            self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        if self.usual_bytes:
            self._flush_some()
            return
        # It may have been flushed in this turn already, because of `expect`.
        if self._transport is not None and self._out:
            if len(self._out[0]) > _JOINED_BYTES:
                self._transport.writelines(self._out)
            else:
                self._transport.write(b"".join(self._out))
        self._out.clear()

    def _flush_some(self) -> None:
        """Send no more than what large replies allow; the rest when the next batch is finished."""
        room = max(1, _FLIGHT_BYTES // self.usual_bytes)
        sent = len(self._pending) - len(self._out)
        count = 0
        for index, batch in enumerate(self._pending):
            room -= batch.count
            if index >= sent:
                if index and room < 0:
                    break
                count += 1
        if self._transport is not None and count:
            self._transport.write(b"".join(self._out[:count]))
        del self._out[:count]

    def _finish(self, batch: Batch, result: Result) -> None:
        on_result, batch.on_result = batch.on_result, None
        if batch.memory is not None:
            self.expect(batch.reply_bytes())
            result = batch.result(result)
        elif self.usual_bytes:
            self.expect(self.usual_bytes // 2)
        if on_result is None:
            release(result)
        else:
            try:
                on_result(result)
            except Exception as error:  # noqa: BLE001
                # The failure of one caller must not cost its neighbours on the connection their replies.
                self._loop.call_exception_handler({"message": "encoding a reply failed", "exception": error})
