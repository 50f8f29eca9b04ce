"""One client's stream of events (https://html.spec.whatwg.org/multipage/server-sent-events.html), as its HTTP response needs it.

Theory of operation: the first event is the confirmation of its subscription. From then on a stream is behind, and sends piece after piece
of what the subscription keeps for it, waiting for its client, until it has caught up. Then it is live: the subscription writes new events
to its client itself, and the stream waits, until the client has not read what was written when there are new events; then it is behind
again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Protocol

from kuberedis_sidecar.errors import RedisUnavailable
from kuberedis_sidecar.sse.events import encode_end

if TYPE_CHECKING:
    from kuberedis_sidecar.api.model import Response
    from kuberedis_sidecar.sse.shared_subscription import SharedSubscription


class Client(Protocol):
    """The connection of a stream's client, after the head of the response."""

    waiting_for_client: bool
    """The client has not taken all that was written."""

    def write_now(self, data: bytes) -> None:
        """Write a part of the response, a chunk, at once; what the client does not take is left in the connection."""


class EventStream:
    """A stream of a shared subscription. `close` has to be called, however it ends; whoever watches its credential calls `end`.

    Args:
        route: Name of its route.
        subscription: The subscription.
        on_close: Called once when it is closed.

    Attributes:
        position: Where it is in the subscription's backlog, while it is behind.
        until: Where it ends there; None as long as it has not ended.
        reason: Why it has ended.
    """

    __slots__ = ("_confirmation", "_confirmed", "_on_close", "_subscription", "_waiter", "client", "position", "reason", "route", "until")

    def __init__(self, route: str, subscription: SharedSubscription, on_close: Callable[[], None]) -> None:
        self.route = route
        self.client: Client | None = None
        self.position = 0
        self.until: int | None = None
        self._subscription = subscription
        self._on_close: Callable[[], None] | None = on_close
        self._confirmation = b""
        self._confirmed: asyncio.Future[Response | None] = asyncio.get_running_loop().create_future()
        self._waiter: asyncio.Future[None] | None = None
        self.reason = ""

    async def start(self, timeout_seconds: float) -> Response | None:
        """Subscribe; the error response if Redis refuses.

        Raises:
            RedisUnavailable: Connecting failed, or Redis did not reply in time.
        """
        if self.until is not None:
            return None
        self._subscription.join(self)
        try:
            async with asyncio.timeout(timeout_seconds):
                return await self._confirmed
        except TimeoutError:
            raise RedisUnavailable("Redis did not answer in time") from None

    def confirm(self, confirmation: bytes, position: int) -> None:
        """Begin with a confirmation, and then with what follows a position in the backlog."""
        self._confirmation = confirmation
        self.position = position
        if not self._confirmed.done():
            self._confirmed.set_result(None)

    def refuse(self, refusal: Response | RedisUnavailable) -> None:
        """Have `start` return a response, or raise an error."""
        if self._confirmed.done():
            return
        if isinstance(refusal, RedisUnavailable):
            self._confirmed.set_exception(refusal)
        else:
            self._confirmed.set_result(refusal)

    async def serve(self, send: Callable[[bytes], Awaitable[None]], client: Client) -> None:
        """Send the stream until it ends; its last event says why.

        Args:
            send: Sends a piece of the body, once the client has taken what was sent before.
            client: The connection.
        """
        self.client = client
        piece, self._confirmation = self._confirmation, b""
        while piece or self.until is None:
            if piece:
                await self._send(send, piece)
            else:
                await self._wait()
            piece = self._subscription.take(self)
        await self._send(send, encode_end(self.reason))

    def end(self, reason: str) -> None:
        """End the stream, after what is waiting for its client already, with an event that says why."""
        self._subscription.flush()
        if self.until is not None:
            return
        self.reason = reason
        self.until = self._subscription.leave(self)
        if not self._confirmed.done():
            self._confirmed.set_result(None)
        self.wake()

    def close(self) -> None:
        """Leave the subscription; nothing more is sent."""
        if self._on_close is None:
            return
        on_close, self._on_close = self._on_close, None
        self._subscription.remove(self)
        on_close()

    def wake(self) -> None:
        """Have the stream look again whether it has ended or is behind."""
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def _send(self, send: Callable[[bytes], Awaitable[None]], piece: bytes) -> None:
        await send(piece)
        self._subscription.metrics.streamed_bytes += len(piece)

    async def _wait(self) -> None:
        self._waiter = asyncio.get_running_loop().create_future()
        await self._waiter
        self._waiter = None
