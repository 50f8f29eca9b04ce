"""Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html) from SUBSCRIBE, PSUBSCRIBE and MONITOR.

Each stream has a connection to Redis of its own, so PUBLISH and PUBSUB count its subscriber as one. A client that stops reading makes
the stream stop reading from Redis, which closes the connection at its own limit (client-output-buffer-limit pubsub).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from typing import Any

from kuberedis_sidecar.api.error_responses import error_reply
from kuberedis_sidecar.api.model import ErrorReply, Response, Stream
from kuberedis_sidecar.redis.connection import Connection, RedisUnavailable, pack
from kuberedis_sidecar.redis.shared_connection import Link

_HEARTBEAT = b": keep-alive\n\n"
_MAX_WAITING_BYTES = 512 * 1024


@dataclass(slots=True)
class Limits:
    """How a stream is kept: seconds between heartbeats, when its credential ends (seconds since the epoch), what ends it early."""

    heartbeat_seconds: float
    expires_at: float
    draining: asyncio.Event
    timeout_seconds: float


class Subscription:
    """One stream of events. `close` must be called however it ends.

    Args:
        stream: What to subscribe to.
        link: Whose login the connection gets.
        limits: How long and how it is kept.
        on_close: Called once.
    """

    def __init__(self, stream: Stream, link: Link, limits: Limits, on_close: Callable[[], None]) -> None:
        self.route = stream.route
        self._stream = stream
        self._link = link
        self._limits = limits
        self._on_close = on_close
        self._connection: Connection | None = None
        self._waiting: list[bytes] = []
        self._waiting_bytes = 0
        self._refusal: ErrorReply | None = None
        self._wake = asyncio.Event()
        self._ended = ""
        self._closed = False

    async def begin(self) -> Response | None:
        """Subscribe; the answer to give instead when Redis refuses.

        Raises:
            RedisUnavailable: There is no connection to be had.
        """
        try:
            self._connection = connection = await self._link.open()
        except (OSError, ErrorReply) as problem:
            raise RedisUnavailable(f"no connection to Redis to subscribe with: {problem or type(problem).__name__}") from None
        connection.on_push = self._push
        connection.on_lost = lambda: self.end("Redis closed the connection")
        connection.write(pack(self._stream.command))
        try:
            async with asyncio.timeout(self._limits.timeout_seconds):
                await self._wake.wait()
        except TimeoutError:
            raise RedisUnavailable("Redis did not answer in time") from None
        return None if self._refusal is None else error_reply(str(self._refusal))

    async def events(self) -> AsyncGenerator[bytes, None]:
        """The stream's bytes, heartbeats included, up to and with a last event that says why it ended."""
        draining = asyncio.ensure_future(self._limits.draining.wait())
        draining.add_done_callback(lambda _: self.end("shutdown"))
        try:
            while True:
                while self._waiting:
                    yield self._next()
                if self._ended:
                    yield b"event: close\ndata: %b\n\n" % self._ended.encode()
                    return
                if not await self._woken():
                    yield _HEARTBEAT
        finally:
            draining.cancel()

    def end(self, reason: str) -> None:
        """Let the stream end with an event that says why."""
        self._ended = self._ended or reason
        self._wake.set()

    def close(self) -> None:
        """Give up the connection to Redis, and with it the subscription."""
        if self._closed:
            return
        self._closed = True
        if self._connection is not None:
            self._connection.on_lost = None
            self._connection.close()
        self._on_close()

    async def _woken(self) -> bool:
        """Wait for something to send; False when a heartbeat is due first."""
        self._wake.clear()
        left = self._limits.expires_at - time.time()
        try:
            async with asyncio.timeout(max(0.0, min(self._limits.heartbeat_seconds, left))):
                await self._wake.wait()
        except TimeoutError:
            if left <= self._limits.heartbeat_seconds:
                self.end("the token has expired")
                return True
            return False
        return True

    def _next(self) -> bytes:
        # All that waits goes out in one write.
        chunk = b"".join(self._waiting)
        self._waiting.clear()
        if self._waiting_bytes >= _MAX_WAITING_BYTES and self._connection is not None:
            self._connection.resume()
        self._waiting_bytes = 0
        return chunk

    def _push(self, reply: Any) -> None:
        if isinstance(reply, ErrorReply):
            self._refusal = reply
            self.end(str(reply))
            return
        event = b"data: %b\n\n" % event_line(reply)
        self._waiting.append(event)
        self._waiting_bytes += len(event)
        self._wake.set()
        if self._waiting_bytes >= _MAX_WAITING_BYTES and self._connection is not None:
            self._connection.pause()


def event_line(reply: Any) -> bytes:
    """A push of Redis as the text of one data line: its parts with commas between them, or MONITOR's line.

    A line break would end the event, and what follows could forge another one; it is written as the two characters of its escape.
    """
    if reply == b"OK":
        return b'"OK"'
    parts = reply if isinstance(reply, list) else [reply]
    line = b",".join(part if isinstance(part, bytes) else str(part).encode() for part in parts)
    return line.decode(errors="replace").replace("\r", "\\r").replace("\n", "\\n").encode()
