"""A subscription of one connection to Redis, whose events go to the streams of any number of clients.

Theory of operation: streams of the same grant that ask for the same channels, in the same order, share a subscription. The first one opens
its connection, and the last one that leaves closes it; who comes later makes a new one. A connection for all channels of a grant would cost
Redis less where each stream has its own, but a flood in one of them would hold up the others, or could not be held back at all.

- **Joining.** For each stream that joins, the command is sent once more. To Redis that changes nothing, but its reply stands between the
  messages from before and those from after: with it the stream begins. Redis counts the channels of the connection, so that a stream has
  the text of the connection's first reply, as if the connection were its own. Replies come in the order of the commands; `_joining` has
  those who wait for them, a list for each command that was sent, or a single list while there is no connection.
- **Sending** is described in ``delivery``. While all streams are far behind, Redis keeps what comes, up to its own limit, at which it
  closes the connection (client-output-buffer-limit pubsub).
- **The end of the connection** is the end of all streams, but where Redis is highly available. There the command is sent again, to the
  next primary. Messages of the meantime are lost, as Pub/Sub keeps none; that the confirmation comes again tells the clients so.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from kuberedis_sidecar.api.error_responses import error_reply
from kuberedis_sidecar.errors import ErrorReply, RedisUnavailable, SidecarError
from kuberedis_sidecar.redis.connection import Connection
from kuberedis_sidecar.redis.following_connection import HOLD_SECONDS
from kuberedis_sidecar.redis.shared_connection import SharedConnection
from kuberedis_sidecar.sse.backlog import Backlog
from kuberedis_sidecar.sse.delivery import Delivery
from kuberedis_sidecar.sse.event_stream import EventStream
from kuberedis_sidecar.sse.events import HEARTBEAT, encode_event
from kuberedis_sidecar.telemetry.request_metrics import RequestMetrics

_AGAIN_SECONDS = 0.05
_CLOSED = "Redis closed the connection"
_CONFIRMATIONS = (b"subscribe", b"psubscribe")
# How much too early a timer may be.
_TIMER_SECONDS = 0.002


class SharedSubscription:
    """See the module.

    Args:
        command: SUBSCRIBE or PSUBSCRIBE with channels or patterns; or MONITOR, which only one stream may join.
        shared: Shared connection with the login for its own connection.
        heartbeat_seconds: The longest silence on a stream.
        metrics: Counts the bytes that are sent.
        on_close: Called once when the last stream has left.
    """

    def __init__(
        self,
        command: tuple[bytes, ...],
        shared: SharedConnection,
        heartbeat_seconds: float,
        metrics: RequestMetrics,
        on_close: Callable[[], None],
    ) -> None:
        self._command = command
        self._shared = shared
        self._heartbeat_seconds = heartbeat_seconds
        self.metrics = metrics
        self._on_close: Callable[[], None] | None = on_close
        self._loop = asyncio.get_running_loop()
        self._delivery = Delivery(Backlog(shared.reserve() if shared.reserve is not None else None), metrics)
        # Those that have not ended, joining ones included.
        self._streams: set[EventStream] = set()
        self._joining: deque[list[EventStream]] = deque([[]])
        self._connection: Connection | None = None
        self._opening: asyncio.Task[None] | None = None
        self._paused = False
        # Whether the connection's first reply has yet to come, and the text of that.
        self._fresh = True
        self._confirmation = b""
        # The reply to a command so far: it has a part for each channel.
        self._replies: list[bytes] = []
        # Events of this turn of the event loop.
        self._events: list[bytes] = []
        self._written = 0.0
        self._heartbeat: asyncio.TimerHandle | None = None

    def join(self, stream: EventStream) -> None:
        """Have a stream confirmed or refused, once Redis has answered."""
        self._streams.add(stream)
        if self._connection is not None:
            self._joining.append([stream])
            self._connection.write(self._command)
            self._pace()
            return
        self._joining[0].append(stream)
        if self._opening is None:
            self._opening = self._loop.create_task(self._open_first())

    def take(self, stream: EventStream) -> bytes:
        """See `Delivery.take`."""
        piece = self._delivery.take(stream)
        self._pace()
        return piece

    def leave(self, stream: EventStream) -> int:
        """Give a stream nothing new; the position in the backlog up to which it has yet to be sent that."""
        self._streams.discard(stream)
        until = self._delivery.leave(stream)
        if not self._streams:
            self._close()
        return until

    def remove(self, stream: EventStream) -> None:
        """Forget a stream."""
        self._delivery.remove(stream)
        self.leave(stream)

    def flush(self) -> None:
        """Send what came in this turn of the event loop."""
        if self._events:
            events = b"".join(self._events)
            self._events.clear()
            self._written = self._loop.time()
            self._delivery.write(events)
            self._pace()

    def _pace(self) -> None:
        """Read from Redis at the pace of the fastest stream."""
        slow = self._delivery.slow and not self._joining
        if self._connection is not None and slow != self._paused:
            self._paused = slow
            (self._connection.pause if slow else self._connection.resume)()

    def _push(self, reply: Any) -> None:
        if type(reply) is list and reply[0] in _CONFIRMATIONS:
            self._replies.append(encode_event(reply))
            if len(self._replies) == len(self._command) - 1:
                self._confirm()
        elif self._fresh and reply == b"OK":
            self._replies.append(encode_event(reply))
            self._confirm()
        elif isinstance(reply, SidecarError):
            self._refuse(reply)
        else:
            if not self._events:
                self._loop.call_soon(self.flush)
            self._events.append(encode_event(reply))

    def _confirm(self) -> None:
        """A command has been answered, and those who wait for that begin, after all events from before."""
        if self._fresh:
            self._fresh = False
            self._confirmation = b"".join(self._replies)
            self._events.append(self._confirmation)
        self._replies.clear()
        self.flush()
        for stream in self._joining.popleft():
            if stream in self._streams:
                self._delivery.begin(stream, self._confirmation)
        if self._heartbeat is None:
            self._heartbeat = self._loop.call_later(self._heartbeat_seconds, self._beat)

    def _refuse(self, problem: SidecarError) -> None:
        """Redis refused a command; or it sent what does not fit into memory, which does not concern those who join."""
        self.flush()
        refused = self._joining.popleft() if isinstance(problem, ErrorReply) and self._joining else []
        for stream in refused:
            stream.refuse(error_reply(str(problem)))
            self.remove(stream)
        if self._fresh or not refused:
            for stream in self._delivery.streams:
                stream.end(str(problem))

    def _beat(self) -> None:
        now = self._loop.time()
        if now > self._written + self._heartbeat_seconds - _TIMER_SECONDS:
            self._written = now
            self._delivery.write_live(HEARTBEAT)
        self._heartbeat = self._loop.call_at(self._written + self._heartbeat_seconds, self._beat)

    async def _open(self) -> None:
        try:
            connection = await self._shared.open()
        except (OSError, ErrorReply) as problem:
            raise RedisUnavailable(f"no connection to Redis to subscribe with: {problem or type(problem).__name__}") from None
        if connection.closed:
            raise RedisUnavailable(_CLOSED)
        self._connection, self._fresh, self._paused = connection, True, False
        connection.replies.on_push = self._push
        connection.on_lost = self._lost
        connection.write(self._command)

    async def _open_first(self) -> None:
        try:
            await self._open()
        except RedisUnavailable as problem:
            self._fail(problem)

    async def _open_again(self) -> None:
        try:
            async with asyncio.timeout(HOLD_SECONDS):
                while True:
                    await self._shared.settled()
                    with suppress(RedisUnavailable):
                        await self._open()
                        return
                    await asyncio.sleep(_AGAIN_SECONDS)
        except TimeoutError:
            self._fail(RedisUnavailable(_CLOSED))

    def _lost(self) -> None:
        self.flush()
        self._connection = None
        self._replies.clear()
        self._joining = deque([[stream for joined in self._joining for stream in joined]])
        # Clients that do not read are why Redis closes connections.
        if self._shared.follows and not self._paused:
            self._opening = self._loop.create_task(self._open_again())
        else:
            self._fail(RedisUnavailable(_CLOSED))

    def _fail(self, problem: RedisUnavailable) -> None:
        """Refuse those who join, and end all others."""
        for stream in self._joining[0]:
            stream.refuse(problem)
            self.remove(stream)
        for stream in self._delivery.streams:
            stream.end(str(problem))

    def _close(self) -> None:
        if self._on_close is None:
            return
        on_close, self._on_close = self._on_close, None
        if self._opening is not None:
            self._opening.cancel()
        if self._heartbeat is not None:
            self._heartbeat.cancel()
        if self._connection is not None:
            self._connection.on_lost = self._connection.replies.on_push = None
            self._connection.close()
            self._connection = None
        on_close()
