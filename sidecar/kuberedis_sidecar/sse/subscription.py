"""Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html) from SUBSCRIBE, PSUBSCRIBE and MONITOR.

Each stream has its own connection to Redis, so PUBLISH and PUBSUB count it as one subscriber. When a client stops reading, the stream
stops reading from Redis, which closes the connection at its own limit (client-output-buffer-limit pubsub).

Where Redis is highly available, a stream subscribes again when the connection ends, at the next primary. Messages of the meantime are
lost, as Pub/Sub keeps none; that the confirmation of the subscription comes again tells the client so.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from kuberedis_sidecar.api.error_responses import error_reply
from kuberedis_sidecar.api.model import Response, Stream
from kuberedis_sidecar.errors import ErrorReply, RedisUnavailable
from kuberedis_sidecar.redis.connection import Connection
from kuberedis_sidecar.redis.following_connection import HOLD_SECONDS
from kuberedis_sidecar.redis.shared_connection import SharedConnection

_HEARTBEAT = b": keep-alive\n\n"
_MAX_BUFFERED_BYTES = 512 * 1024
_AGAIN_SECONDS = 0.05
_CLOSED = "Redis closed the connection"
# What each stream may buffer for nothing.
_FREE_BYTES = 16 * 1024


@dataclass(slots=True)
class Limits:
    """The limits of a stream.

    Attributes:
        heartbeat_seconds: Seconds between heartbeats.
        draining: Set when the gateway shuts down, which ends the stream.
        timeout_seconds: Seconds that Redis may take to confirm it.
    """

    heartbeat_seconds: float
    draining: asyncio.Event
    timeout_seconds: float


class Subscription:
    """One stream of events. `close` has to be called, however it ends; whoever watches its credential calls `end`.

    Args:
        stream: Command that starts it.
        shared: Shared connection with the login for its own connection.
        limits: Limits of the stream.
        on_close: Called once when it is closed.
    """

    def __init__(self, stream: Stream, shared: SharedConnection, limits: Limits, on_close: Callable[[], None]) -> None:
        self.route = stream.route
        self._stream = stream
        self._shared = shared
        self._limits = limits
        self._on_close = on_close
        self._connection: Connection | None = None
        self._buffer: list[bytes] = []
        self._buffered_bytes = 0
        # Pays for the buffer; None without a ledger.
        self._memory = shared.reserve() if shared.reserve is not None else None
        self._refusal: ErrorReply | None = None
        self._wake = asyncio.Event()
        self._ended = ""
        self._closed = False
        self._again: asyncio.Task[None] | None = None

    async def start(self) -> Response | None:
        """Subscribe; the error response if Redis refuses.

        Raises:
            RedisUnavailable: Connecting failed, or Redis did not reply.
        """
        await self._subscribe()
        try:
            async with asyncio.timeout(self._limits.timeout_seconds):
                await self._wake.wait()
        except TimeoutError:
            raise RedisUnavailable("Redis did not answer in time") from None
        return None if self._refusal is None else error_reply(str(self._refusal))

    async def _subscribe(self) -> None:
        try:
            self._connection = connection = await self._shared.open()
        except (OSError, ErrorReply) as problem:
            raise RedisUnavailable(f"no connection to Redis to subscribe with: {problem or type(problem).__name__}") from None
        connection.replies.on_push = self._push
        connection.on_lost = self._lost
        connection.write(self._stream.command)

    def _lost(self) -> None:
        # A client that does not read is why Redis closes connections.
        if self._shared.follows and not self._ended and self._buffered_bytes < _MAX_BUFFERED_BYTES:
            self._again = asyncio.get_running_loop().create_task(self._subscribe_again())
        else:
            self.end(_CLOSED)

    async def _subscribe_again(self) -> None:
        try:
            async with asyncio.timeout(HOLD_SECONDS):
                while not self._ended:
                    await self._shared.settled()
                    with suppress(RedisUnavailable):
                        await self._subscribe()
                        return
                    await asyncio.sleep(_AGAIN_SECONDS)
        except TimeoutError:
            self.end(_CLOSED)

    async def events(self) -> AsyncGenerator[bytes, None]:
        """The bytes of the stream, heartbeats included; the last event says why it ended."""
        draining = asyncio.ensure_future(self._limits.draining.wait())
        draining.add_done_callback(lambda _: self.end("shutdown"))
        try:
            while True:
                while self._buffer:
                    yield self._next()
                if self._ended:
                    yield b"event: close\ndata: %b\n\n" % self._ended.encode()
                    return
                if not await self._wait():
                    yield _HEARTBEAT
        finally:
            draining.cancel()

    def end(self, reason: str) -> None:
        """End the stream with an event that says why; from now on nothing more is taken from Redis."""
        self._ended = self._ended or reason
        self._wake.set()
        if self._connection is not None:
            self._connection.close()

    def close(self) -> None:
        """Close the connection to Redis, which ends the subscription."""
        if self._closed:
            return
        self._closed = True
        if self._again is not None:
            self._again.cancel()
        if self._connection is not None:
            self._connection.on_lost = None
            self._connection.close()
        if self._memory is not None:
            self._memory.release()
        self._on_close()

    async def _wait(self) -> bool:
        """Wait for something to send; False if a heartbeat is due first."""
        self._wake.clear()
        try:
            async with asyncio.timeout(self._limits.heartbeat_seconds):
                await self._wake.wait()
        except TimeoutError:
            return False
        return True

    def _next(self) -> bytes:
        # Everything in the buffer leaves in one write.
        chunk = b"".join(self._buffer)
        self._buffer.clear()
        if self._buffered_bytes >= _MAX_BUFFERED_BYTES and self._connection is not None:
            self._connection.resume()
        self._buffered_bytes = 0
        if self._memory is not None:
            self._memory.release()
        return chunk

    def _push(self, reply: Any) -> None:
        if isinstance(reply, ErrorReply):
            self._refusal = reply
            self.end(str(reply))
            return
        event = b"data: %b\n\n" % encode_push(reply)
        if self._buffered_bytes + len(event) > _FREE_BYTES and self._memory is not None and not self._memory.try_grow(len(event)):
            self.end("too much is waiting to be read for the memory of this instance's gateway")
            return
        self._buffer.append(event)
        self._buffered_bytes += len(event)
        self._wake.set()
        if self._buffered_bytes >= _MAX_BUFFERED_BYTES and self._connection is not None:
            self._connection.pause()


def encode_push(reply: Any) -> bytes:
    """A push of Redis as the text of one data line: its elements, separated by commas, or the line of MONITOR.

    A line break would end the event, and what follows it could forge another event; so it becomes the two characters of its escape.
    """
    if reply == b"OK":
        return b'"OK"'
    parts = reply if isinstance(reply, list) else [reply]
    line = b",".join(part if isinstance(part, bytes) else str(part).encode() for part in parts)
    if not line.isascii():
        line = line.decode(errors="replace").encode()
    return line.replace(b"\r", b"\\r").replace(b"\n", b"\\n")
