"""Connects to Redis servers, with TLS or without."""

import asyncio
import ssl
from typing import Any, TypeVar

from kuberedis_sidecar.redis.connection import Connection
from kuberedis_sidecar.settings import RedisAddress

CONNECT_TIMEOUT_SECONDS = 5.0

AnyConnection = TypeVar("AnyConnection", bound=Connection)


async def open_connection(
    kind: type[AnyConnection],
    address: RedisAddress,
    context: ssl.SSLContext | None = None,
    *,
    tcp_seconds: float = CONNECT_TIMEOUT_SECONDS,
) -> AnyConnection:
    """Connect.

    Args:
        kind: Class of the connection.
        address: Address of the server.
        context: How to connect to an address with TLS; None trusts the authorities of the system, and presents no certificate.
        tcp_seconds: Time limit of the TCP handshake, in which the server's process has no part.

    Raises:
        OSError: Nothing listens there (`TimeoutError` included).
    """
    if not address.tls:
        return (await _open_plain(kind, address, tcp_seconds))[1]
    # A handshake that is cancelled would have uvloop log an error, so that it is left to end by itself.
    opening = asyncio.ensure_future(_open_tls(kind, address, context or ssl.create_default_context(), tcp_seconds))
    try:
        return await asyncio.shield(opening)
    except asyncio.CancelledError:
        opening.add_done_callback(_close_unused)
        raise


async def _open_plain(kind: type[AnyConnection], address: RedisAddress, seconds: float) -> tuple[asyncio.Transport, AnyConnection]:
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(seconds):
        if address.path is not None:
            return await loop.create_unix_connection(lambda: kind(loop), address.path)
        return await loop.create_connection(lambda: kind(loop), address.host, address.port)


async def _open_tls(kind: type[AnyConnection], address: RedisAddress, context: ssl.SSLContext, tcp_seconds: float) -> AnyConnection:
    async with asyncio.timeout(CONNECT_TIMEOUT_SECONDS):
        plain, connection = await _open_plain(kind, address, tcp_seconds)
        # uvloop logs an error for a handshake on a connection that was reset meanwhile, and waits for its end.
        if not plain.is_closing():
            loop = asyncio.get_running_loop()
            transport = await loop.start_tls(plain, connection, context, server_hostname=address.host)
            if transport is not None:
                connection.connection_made(transport)
                return connection
        raise ConnectionResetError(f"{address} closed the connection during the TLS handshake")


def _close_unused(opening: asyncio.Future[Any]) -> None:
    if not opening.cancelled() and opening.exception() is None:
        opening.result().close()
