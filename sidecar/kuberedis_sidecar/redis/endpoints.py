"""Endpoints: the addresses that connections to Redis are made to. An endpoint may move, for example when another server is promoted."""

from __future__ import annotations

from collections.abc import Callable

from kuberedis_core.logging import log
from kuberedis_sidecar.settings import RedisAddress


class Endpoint:
    """The address of a Redis server.

    Args:
        address: Address until the first move.
    """

    def __init__(self, address: RedisAddress) -> None:
        self._address = address
        self._listeners: list[Callable[[], None]] = []

    @property
    def address(self) -> RedisAddress:
        """The current address; to be read before each attempt to connect."""
        return self._address

    def add_listener(self, listener: Callable[[], None]) -> None:
        """Call `listener` after each move."""
        self._listeners.append(listener)

    def remove_listener(self, listener: Callable[[], None]) -> None:
        """Do not call `listener` any more.

        Raises:
            ValueError: It is not a listener.
        """
        self._listeners.remove(listener)

    def move(self, address: RedisAddress) -> None:
        """Change the address; nothing happens when it is the same."""
        if address == self._address:
            return
        log.info("redis_endpoint_moved", previous_address=str(self._address), address=str(address))
        self._address = address
        for listener in tuple(self._listeners):
            listener()
