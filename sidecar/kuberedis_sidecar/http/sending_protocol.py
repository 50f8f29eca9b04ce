"""Sanic's protocol, which sends at once what the client takes, and charges to the ledger what it does not.

Theory of operation: bytes that the client's socket does not take are left in the transport, which says so (`pause_writing`) and says when
it has none left (`resume_writing`). From one to the other, they are paid for by whose request is answered, and the client's patience runs:
a connection may wait for its client for a while, and longer only as the client reads; the while comes back when nothing is waited for. When
it is over, or when there is no memory for what is left, the connection is closed, for the client can no longer get another answer.
"""

from __future__ import annotations

import asyncio
import os
from time import monotonic
from typing import TYPE_CHECKING, Any

from sanic.exceptions import RequestCancelled

from kuberedis_sidecar.http.limited_protocol import LimitedProtocol

if TYPE_CHECKING:
    from kuberedis_sidecar.memory import Reservation
    from kuberedis_sidecar.redis.batch import Reserve

# What each connection may leave for nothing, in bytes.
_FREE_BYTES = 16 * 1024
# The patience with a client, and with one who has shown no credential, in time limits of a reply of Redis.
_PATIENCE = 6.0
_LITTLE_PATIENCE = 0.5
_LEAST_BYTES_A_SECOND = 64 * 1024

SOCKET_BUFFER_BYTES = 128 * 1024
"""Size of the buffers of a client's socket; the kernel takes twice as much for each."""


class SendingProtocol(LimitedProtocol):
    """The connection of one client, which it has to read.

    Attributes:
        reserve: Pays for what the client does not read in time; None for responses to nobody in particular.
        waiting_for_client: The client has not taken all that was written.
    """

    __slots__ = ("_descriptor", "_left", "_patience", "_since", "_timer", "reserve", "waiting_for_client")

    reserve: Reserve | None
    _descriptor: int
    _left: Reservation | None
    _timer: asyncio.TimerHandle | None

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.reserve = None
        self.waiting_for_client = False
        self._left = None
        self._timer = None
        self._patience = 0.0
        self._since = 0.0

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        transport.set_write_buffer_limits(high=_FREE_BYTES, low=0)
        self._descriptor = transport.get_extra_info("socket").fileno()

    def write(self, transport: asyncio.Transport, data: bytes) -> None:
        """Write at once if nothing is left; uvloop would wait until all replies of this turn of the event loop are encoded."""
        if transport.get_write_buffer_size():
            transport.write(data)
            return
        try:
            sent = os.write(self._descriptor, data)
        except OSError:
            # Full or broken: the transport handles both.
            sent = 0
        if sent < len(data):
            transport.write(data[sent:])

    def write_now(self, data: bytes) -> None:
        """As `write`, in the middle of a response; nothing once the connection is closed."""
        transport = self.transport
        if transport is not None and not transport.is_closing():
            self.write(transport, data)
            self._time = monotonic()

    async def send(self, data: bytes) -> None:
        """Write, once the client has taken what was written before.

        Raises:
            RequestCancelled: The connection is closed.
        """
        await self._can_write.wait()
        if self.transport is None or self.transport.is_closing():
            raise RequestCancelled
        self.write(self.transport, data)
        self._time = monotonic()

    def pause_writing(self) -> None:
        self.waiting_for_client = True
        super().pause_writing()  # type: ignore[no-untyped-call]
        transport = self.transport
        if transport is None or self._timer is not None:
            return
        size, now = transport.get_write_buffer_size(), monotonic()
        most = self.request_timeout * (_LITTLE_PATIENCE if self.stranger else _PATIENCE)
        self._patience, self._since = min(most, self._patience + now - self._since) + size / _LEAST_BYTES_A_SECOND, now
        self._timer = self.loop.call_later(self._patience, self.abandon)
        if self.reserve is not None:
            self._left = self.reserve()
            if not self._left.try_grow(size + 2 * SOCKET_BUFFER_BYTES):
                self.abandon()

    def resume_writing(self) -> None:
        self.waiting_for_client = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
            now = monotonic()
            self._patience, self._since = max(0.0, self._patience - (now - self._since)), now
        if self._left is not None:
            self._left.release()
            self._left = None
        super().resume_writing()  # type: ignore[no-untyped-call]
