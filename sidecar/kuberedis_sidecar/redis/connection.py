"""One connection to Redis: bytes out in one write a turn of the event loop, replies back in order to whoever asked."""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import Callable
from typing import Any, cast

import hiredis

from kuberedis_sidecar.api.model import ErrorReply, Pack
from kuberedis_sidecar.redis.resp import ReplyReader
from kuberedis_sidecar.settings import RedisAddress

pack: Pack = hiredis.pack_command

CONNECT_TIMEOUT_SECONDS = 5.0


class RedisUnavailable(Exception):
    """Redis cannot be asked, or did not answer; the text says which, and whether a command may have been carried out."""


class TimedOut(RedisUnavailable):
    """No answer within the time for a request."""


Done = Callable[[Any], None]
"""Takes the replies as a list, or the `RedisUnavailable` that took their place."""

_UNKNOWN = "the connection to Redis broke before the answer came; the command may have been carried out"
_LATE = "Redis did not answer in time; the command may be carried out yet"
_CLOSED = "the connection to Redis is closed"


def settle(answer: asyncio.Future[Any]) -> Done:
    """A `Done` that gives what it takes to a future, unless whoever waited for it has gone."""

    def done(got: Any) -> None:
        if not answer.done():
            answer.set_result(got)

    return done


class Batch:
    """Commands that were sent together and the replies that have come so far."""

    __slots__ = ("count", "deadline", "done", "raw", "replies")

    def __init__(self, count: int, done: Done, deadline: float, raw: bool) -> None:
        self.count = count
        self.done: Done | None = done
        self.deadline = deadline
        self.raw = raw
        self.replies: list[Any] = []


class Connection(asyncio.Protocol):
    """A connection that many callers share, or one caller has to itself.

    Attributes:
        on_push: Takes replies that nobody asked for (Pub/Sub, MONITOR).
        on_lost: Called once when the connection is gone.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._transport: asyncio.Transport | None = None
        self._reader = ReplyReader()
        self._pending: deque[Batch] = deque()
        self._out: list[bytes] = []
        self._captures = 0
        self.on_push: Callable[[Any], None] | None = None
        self.on_lost: Callable[[], None] | None = None

    @classmethod
    async def open(cls, address: RedisAddress) -> Connection:
        """Connect.

        Raises:
            OSError: Nobody listens there (`TimeoutError` included).
        """
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(CONNECT_TIMEOUT_SECONDS):
            if address.path is not None:
                return (await loop.create_unix_connection(lambda: cls(loop), address.path))[1]
            context = ssl.create_default_context() if address.tls else None
            return (await loop.create_connection(lambda: cls(loop), address.host, address.port, ssl=context))[1]

    @property
    def in_flight(self) -> int:
        """Batches that wait for replies."""
        return len(self._pending)

    @property
    def closed(self) -> bool:
        """Whether nothing can be sent any more."""
        return self._transport is None or self._transport.is_closing()

    def send(self, packed: bytes, count: int, done: Done, deadline: float, raw: bool = False) -> None:
        """Send commands.

        Args:
            packed: The commands in RESP.
            count: How many replies they bring, 1 or more.
            done: Called with the replies, or with the `RedisUnavailable` in their place; exactly once, never from within this call.
            deadline: When, by the event loop's clock, an answer is given up (see `expire`).
            raw: Give the replies' bytes instead of their values.
        """
        if self._transport is None:
            self._loop.call_soon(done, RedisUnavailable(_CLOSED))
            return
        if not self._out:
            self._loop.call_soon(self._flush)
        self._out.append(packed)
        self._pending.append(Batch(count, done, deadline, raw))
        self._captures += raw

    async def call(self, *commands: tuple[Any, ...], seconds: float = 5.0) -> list[Any]:
        """Send commands and wait for their replies; an error reply is raised.

        Raises:
            RedisUnavailable: There was no answer.
            ErrorReply: One of the commands failed; the first failure is raised.
        """
        answer: asyncio.Future[Any] = self._loop.create_future()
        if self.closed:
            raise RedisUnavailable(_CLOSED)
        self.send(b"".join(map(pack, commands)), len(commands), settle(answer), self._loop.time() + seconds)
        try:
            async with asyncio.timeout(seconds):
                replies = await answer
        except TimeoutError:
            raise TimedOut(_LATE) from None
        if isinstance(replies, RedisUnavailable):
            raise replies
        for reply in replies:
            if isinstance(reply, ErrorReply):
                raise reply
        return list(replies)

    def expire(self, now: float) -> None:
        """Give up on batches whose time is over; their replies, should they come, are dropped in their place."""
        for batch in self._pending:
            if batch.deadline > now:
                return
            self._finish(batch, TimedOut(_LATE))

    def write(self, packed: bytes) -> None:
        """Send commands whose replies are not awaited but pushed: SUBSCRIBE and MONITOR answer for as long as they like."""
        if self._transport is not None:
            self._transport.write(packed)

    def close(self) -> None:
        """Close at once; what waits is told that its outcome is unknown."""
        if self._transport is not None:
            self._transport.abort()

    def pause(self) -> None:
        """Stop reading until `resume`; Redis holds back what it has, up to its own limit for such clients."""
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
        if self._captures:
            for reply, raw in self._reader.feed_captured(data):
                self._take(raw if self._pending and self._pending[0].raw else reply)
            return
        pending = self._pending
        replies = self._reader.feed(data)
        at, end = 0, len(replies)
        while at < end:
            if not pending:
                self._push(replies[at])
                at += 1
                continue
            batch = pending[0]
            missing = batch.count - len(batch.replies)
            batch.replies += replies[at : at + missing]
            at += missing
            if at <= end:
                pending.popleft()
                self._finish(batch, batch.replies)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        self._transport = None
        broken = RedisUnavailable(_UNKNOWN)
        while self._pending:
            self._finish(self._pending.popleft(), broken)
        if self.on_lost is not None:
            self.on_lost()

    def _flush(self) -> None:
        if self._transport is not None:
            self._transport.write(self._out[0] if len(self._out) == 1 else b"".join(self._out))
        self._out.clear()

    def _take(self, reply: Any) -> None:
        if not self._pending:
            self._push(reply)
            return
        self._collect(self._pending[0], reply)

    def _collect(self, batch: Batch, reply: Any) -> None:
        batch.replies.append(reply)
        if len(batch.replies) == batch.count:
            self._pending.popleft()
            self._captures -= batch.raw
            self._finish(batch, batch.replies)

    def _push(self, reply: Any) -> None:
        if self.on_push is not None:
            self.on_push(reply)

    def _finish(self, batch: Batch, outcome: Any) -> None:
        done, batch.done = batch.done, None
        if done is not None:
            try:
                done(outcome)
            except Exception as error:  # noqa: BLE001
                # One caller's failure must not cost its neighbours on the connection their replies.
                self._loop.call_exception_handler({"message": "wording a reply failed", "exception": error})
