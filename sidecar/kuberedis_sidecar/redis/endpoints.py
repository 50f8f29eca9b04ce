"""Endpoints: the addresses that connections to Redis are made to. An endpoint may move, for example when another server is promoted."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable

from kuberedis_core.logging import log
from kuberedis_sidecar.errors import NotPrimary
from kuberedis_sidecar.redis.command_table import CommandTable
from kuberedis_sidecar.redis.connection import Connection
from kuberedis_sidecar.redis.opening import open_connection
from kuberedis_sidecar.redis.resending_connection import ResendingConnection
from kuberedis_sidecar.settings import RedisAddress

_CONNECT_SECONDS = 2.0
_NO_PRIMARY = "no primary of this instance is known"


class Endpoint:
    """The address of a Redis server.

    Args:
        address: Address until the first move; None if there is none yet.
    """

    def __init__(self, address: RedisAddress | None) -> None:
        self._address = address
        self._listeners: list[Callable[[], None]] = []

    def __str__(self) -> str:
        return str(self._address) if self._address is not None else "none"

    @property
    def address(self) -> RedisAddress | None:
        """The current address; None if there is none."""
        return self._address

    async def connect(self) -> Connection:
        """Connect to the current address.

        Raises:
            OSError: Nothing listens there (`TimeoutError` included).
            NotPrimary: There is none.
        """
        if self._address is None:
            raise NotPrimary(_NO_PRIMARY)
        return await open_connection(Connection, self._address)

    def add_listener(self, listener: Callable[[], None]) -> None:
        """Call `listener` after each move."""
        self._listeners.append(listener)

    def remove_listener(self, listener: Callable[[], None]) -> None:
        """Do not call `listener` any more.

        Raises:
            ValueError: It is not a listener.
        """
        self._listeners.remove(listener)

    def move(self, address: RedisAddress | None) -> None:
        """Change the address; nothing happens when it is the same."""
        if address == self._address:
            return
        log.info("redis_endpoint_moved", previous_address=str(self), address=str(address or "none"))
        self._address = address
        for listener in tuple(self._listeners):
            listener()


class PrimaryEndpoint(Endpoint):
    """The address of the primary of a highly available instance, which whoever finds it moves; at first there is none.

    Args:
        context: Returns the certificates for an address with TLS; raises an OSError if there are none.
    """

    def __init__(self, context: Callable[[], ssl.SSLContext]) -> None:
        super().__init__(None)
        self._context = context
        self.table = CommandTable()
        """Commands of the primary."""
        self.on_doubt: Callable[[], None] = lambda: None
        """Called when a server at the address seems to be the primary no more."""
        self.previous_answers = True
        """Whether the server at the address before answered when the address moved."""

    async def connect(self) -> ResendingConnection:
        if self._address is None:
            raise NotPrimary(_NO_PRIMARY)
        # The server may be gone without a word; then the next attempt is made to another one, or finds it again.
        async with asyncio.timeout(_CONNECT_SECONDS):
            return await open_connection(ResendingConnection, self._address, self._context() if self._address.tls else None)
