"""Sanic's protocol, which counts for whom its connection is and what it keeps, and which can refuse to receive a body."""

from __future__ import annotations

import socket
import struct
import sys
from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

from sanic.server.protocols.http_protocol import HttpProtocol

if TYPE_CHECKING:
    from kuberedis_sidecar.http.sanic_app import GatewayApp

# How long a client that was refused may take to read the response, in seconds.
_LINGER_SECONDS = 5.0
_NO_LINGER = struct.pack("ii", 1, 0)
# Place of `tcpi_retransmits` in the `tcp_info` of Linux: how often in a row the kernel has sent what is not acknowledged.
_RETRANSMITS = 2


class LimitedProtocol(HttpProtocol):
    """The connection of one client, within the limits of `ClientConnections`.

    Attributes:
        buffered: Bytes of its buffer, as they were last counted.
        stranger: No request on it has had a valid credential, or the last one had not.
        dropping: Whatever else the client sends is dropped.
    """

    __slots__ = ("_clients", "buffered", "dropping", "stranger")

    app: GatewayApp

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._clients = self.app.clients
        self.buffered = 0
        self.stranger = True
        self.dropping = False

    @property
    def silent_since(self) -> float:
        """Time of the last request or response, by the monotonic clock."""
        return self._time

    @property
    def gone(self) -> bool:
        """Whether the connection is closed."""
        return self.transport is None or self.transport.is_closing()

    @property
    def unacknowledged(self) -> bool:
        """Whether the kernel sends again what the client's machine has not acknowledged; never where there is no way to know (tcp(7))."""
        if sys.platform != "linux" or self.transport is None or self.transport.is_closing():
            return False
        info = self.transport.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _RETRANSMITS + 1)
        return bool(info[_RETRANSMITS])

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)  # type: ignore[no-untyped-call]
        self._clients.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._clients.remove(self)
        super().connection_lost(exc)  # type: ignore[no-untyped-call]

    async def receive_more(self) -> None:
        """Wait for more bytes, on behalf of Sanic."""
        self.count_buffer()
        await super().receive_more()  # type: ignore[no-untyped-call]

    def count_buffer(self) -> None:
        """Count the bytes that are buffered now, after they became more or fewer."""
        size = len(self.recv_buffer)
        if size != self.buffered:
            self._clients.set_buffered(self, size)

    def identify(self, holder: Hashable) -> None:
        """Note whose credential a request has."""
        if self.stranger:
            self.stranger = False
            self._clients.identify(self, holder)

    def make_stranger(self) -> None:
        """Note that a request has no valid credential."""
        self.stranger = True
        self._clients.make_stranger(self)

    def drop_rest(self) -> None:
        """Drop whatever else the client sends. The connection is closed after the response."""
        self.dropping = True
        self.recv_buffer.clear()
        self.count_buffer()
        if self.transport is not None:
            self.transport.resume_reading()

    def cut(self) -> None:
        """Close at once, without a response."""
        # Sanic's own `abort` hides the transport, which Sanic takes for a request that was being served.
        self.recv_buffer.clear()
        if self.transport is not None:
            self.transport.abort()

    def abandon(self) -> None:
        """Close at once; what the kernel has yet to send is not sent any more."""
        if self.transport is not None:
            self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
            self.transport.abort()

    def close(self, timeout: float | None = None) -> None:
        """Close; after `drop_rest` so that the response is not lost with what the client sends yet (RFC 9112, section 9.6)."""
        if self.dropping and timeout is None and self.transport is not None and not self.gone:
            self.transport.write_eof()
            self.loop.call_later(_LINGER_SECONDS, self.cut)
        else:
            super().close(timeout)
