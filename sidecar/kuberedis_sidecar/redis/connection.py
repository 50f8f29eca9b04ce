"""One connection to Redis: commands leave in one write a turn of the event loop, replies go to their callers in order."""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias, cast

from kuberedis_sidecar.errors import ErrorReply, RedisTimeout, RedisUnavailable
from kuberedis_sidecar.redis.replies import Command, Replies
from kuberedis_sidecar.redis.resp import ReplyReader, pack
from kuberedis_sidecar.settings import RedisAddress

CONNECT_TIMEOUT_SECONDS = 5.0

Result: TypeAlias = Replies | RedisUnavailable
"""The replies to commands, or why there are none. With `raw`, the bytes of each reply in place of its value."""

OnResult: TypeAlias = Callable[[Any], None]
"""Takes a `Result`."""

_UNKNOWN_OUTCOME = "the connection to Redis broke before the answer came; the command may have been carried out"
_TIMED_OUT = "Redis did not answer in time; the command may be carried out yet"
_CLOSED = "the connection to Redis is closed"


def set_result(future: asyncio.Future[Any]) -> OnResult:
    """A callback that sets the result of a future, unless whoever awaited it has gone."""

    def on_result(result: Any) -> None:
        if not future.done():
            future.set_result(result)

    return on_result


class Batch:
    """Commands that were sent together, and their replies so far."""

    __slots__ = ("count", "deadline", "on_result", "raw", "replies")

    def __init__(self, count: int, on_result: OnResult, deadline: float, raw: bool) -> None:
        self.count = count
        self.on_result: OnResult | None = on_result
        self.deadline = deadline
        self.raw = raw
        self.replies: list[Any] = []


class Connection(asyncio.Protocol):
    """A connection that many callers share, or that one caller has to itself.

    Attributes:
        on_push: Called with each reply that answers no command (Pub/Sub, MONITOR).
        on_lost: Called once when the connection is gone.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._transport: asyncio.Transport | None = None
        self._reader = ReplyReader()
        self._pending: deque[Batch] = deque()
        self._out: list[bytes] = []
        self._raw_batches = 0
        self.on_push: Callable[[Any], None] | None = None
        self.on_lost: Callable[[], None] | None = None

    @classmethod
    async def open(cls, address: RedisAddress) -> Connection:
        """Connect.

        Raises:
            OSError: Nothing listens there (`TimeoutError` included).
        """
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(CONNECT_TIMEOUT_SECONDS):
            if address.path is not None:
                return (await loop.create_unix_connection(lambda: cls(loop), address.path))[1]
            context = ssl.create_default_context() if address.tls else None
            return (await loop.create_connection(lambda: cls(loop), address.host, address.port, ssl=context))[1]

    @property
    def in_flight(self) -> int:
        """Number of batches without their replies."""
        return len(self._pending)

    @property
    def closed(self) -> bool:
        """Whether nothing can be sent any more."""
        return self._transport is None or self._transport.is_closing()

    def send(self, commands: Sequence[Command], on_result: OnResult, deadline: float, raw: bool = False) -> None:
        """Send commands, one or more.

        Args:
            commands: Commands whose text can be encoded in UTF-8; anything else raises `BadCommand` before it is sent.
            on_result: Called with the `Result`; exactly once, never from within this call.
            deadline: Time of the event loop's clock after which `expire` gives up the commands.
            raw: Pass the bytes of the replies in place of their values.
        """
        packed = pack(commands)
        if self._transport is None:
            self._loop.call_soon(on_result, RedisUnavailable(_CLOSED))
            return
        if not self._out:
            self._loop.call_soon(self._flush)
        self._out.append(packed)
        self._pending.append(Batch(len(commands), on_result, deadline, raw))
        self._raw_batches += raw

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
        if isinstance(replies, RedisUnavailable):
            raise replies
        for reply in replies:
            if isinstance(reply, ErrorReply):
                raise reply
        return list(replies)

    def expire(self, now: float) -> None:
        """Give up batches whose deadline has passed; replies that come later are dropped."""
        for batch in self._pending:
            if batch.deadline > now:
                return
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
            self._transport.pause_reading()

    def resume(self) -> None:
        """Read again after `pause`."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are asyncio's by duck type only.
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        if self._raw_batches:
            for reply, raw in self._reader.feed_captured(data):
                self._receive(raw if self._pending and self._pending[0].raw else reply)
            return
        pending = self._pending
        replies = self._reader.feed(data)
        start, end = 0, len(replies)
        while start < end:
            if not pending:
                self._push(replies[start])
                start += 1
                continue
            batch = pending[0]
            missing = batch.count - len(batch.replies)
            batch.replies += replies[start : start + missing]
            start += missing
            if start <= end:
                pending.popleft()
                self._finish(batch, batch.replies)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        self._transport = None
        unknown = RedisUnavailable(_UNKNOWN_OUTCOME)
        while self._pending:
            self._finish(self._pending.popleft(), unknown)
        if self.on_lost is not None:
            self.on_lost()

    def _flush(self) -> None:
        if self._transport is not None:
            self._transport.write(self._out[0] if len(self._out) == 1 else b"".join(self._out))
        self._out.clear()

    def _receive(self, reply: Any) -> None:
        if not self._pending:
            self._push(reply)
            return
        batch = self._pending[0]
        batch.replies.append(reply)
        if len(batch.replies) == batch.count:
            self._pending.popleft()
            self._raw_batches -= batch.raw
            self._finish(batch, batch.replies)

    def _push(self, reply: Any) -> None:
        if self.on_push is not None:
            self.on_push(reply)

    def _finish(self, batch: Batch, result: Result) -> None:
        on_result, batch.on_result = batch.on_result, None
        if on_result is not None:
            try:
                on_result(result)
            except Exception as error:  # noqa: BLE001
                # The failure of one caller must not cost its neighbours on the connection their replies.
                self._loop.call_exception_handler({"message": "encoding a reply failed", "exception": error})
