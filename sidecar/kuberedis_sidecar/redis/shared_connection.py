"""A link: one connection to Redis that many requests share, kept alive.

A command whose outcome is unknown is an error to its caller and is never sent twice. While there is no connection, commands fail at once.
"""

from __future__ import annotations

import asyncio
import enum
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

from kuberedis_core.logging import log
from kuberedis_sidecar.api.model import ErrorReply
from kuberedis_sidecar.redis.connection import Connection, Done, RedisUnavailable
from kuberedis_sidecar.settings import RedisAddress

_FIRST_PAUSE_SECONDS = 0.05
_LONGEST_PAUSE_SECONDS = 1.0
_WATCH_SECONDS = 0.25

Login = Callable[[Connection], Awaitable[None]]


async def _closed(_: Connection) -> None:
    raise RedisUnavailable("the connection to Redis is closed")


class LinkState(enum.Enum):
    """Whether commands can be sent."""

    CONNECTING = "connecting"
    """For the first time: commands may wait for it."""
    UP = "up"
    DOWN = "down"
    """Lost or refused; it is tried again."""
    CLOSED = "closed"


class Link:
    """One login's shared connection.

    Args:
        address: Where Redis listens.
        login: Run on each new connection before any command; raises `ErrorReply` when Redis refuses it.
        timeout: Seconds that a command may take.
        user: The ACL user that `login` logs in as.
    """

    def __init__(self, address: RedisAddress, login: Login, timeout: float, user: str = "default") -> None:
        self.user = user
        self._address = address
        self._login = login
        self._timeout = timeout
        self._loop = asyncio.get_running_loop()
        self._connection: Connection | None = None
        self._settled = asyncio.Event()
        self._lost = asyncio.Event()
        self.state = LinkState.CONNECTING
        self.refusal: ErrorReply | None = None
        """Redis' reply to the last login, when it was an error."""
        self.retired = False
        """Whether it made room for another: whoever holds it may finish, nobody else begins."""
        self.connects = 0
        """How often it has been up."""
        self.used = 0.0
        """When it was last used, by the event loop's clock."""
        self.leases = 0
        """Callers that wait for this link, or hold connections of their own with its login."""
        self._task = self._loop.create_task(self._keep_up())
        self._watch: asyncio.TimerHandle | None = None

    @property
    def idle(self) -> bool:
        """Whether nothing waits on it and no connection of its login is in use."""
        return self.leases == 0 and self.in_flight == 0

    @property
    def in_flight(self) -> int:
        """Batches of commands that wait for replies."""
        return self._connection.in_flight if self._connection is not None else 0

    def send(self, packed: bytes, count: int, done: Done, raw: bool = False) -> None:
        """Send commands; see `Connection.send`. Without a connection, `done` gets a `RedisUnavailable` soon."""
        connection = self._connection
        if connection is None or self.state is not LinkState.UP:
            self._loop.call_soon(done, self.unavailable())
            return
        self.used = now = self._loop.time()
        connection.send(packed, count, done, now + self._timeout, raw)
        if self._watch is None:
            self._watch = self._loop.call_later(_WATCH_SECONDS, self._expire)

    async def call(self, *commands: tuple[Any, ...]) -> list[Any]:
        """Send commands and wait for their replies; see `Connection.call`."""
        if self.state is LinkState.CONNECTING:
            await self.settled()
        if self._connection is None or self.state is not LinkState.UP:
            raise self.unavailable()
        return await self._connection.call(*commands, seconds=self._timeout)

    async def open(self) -> Connection:
        """A connection of the caller's own with the same login; the caller closes it.

        Raises:
            OSError, RedisUnavailable, ErrorReply: There is none to be had.
        """
        connection = await Connection.open(self._address)
        try:
            await self._login(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    async def settled(self) -> None:
        """Wait until the first attempt to connect has ended, one way or the other; the link is not idle meanwhile."""
        with self.leased():
            await self._settled.wait()

    @contextmanager
    def leased(self) -> Iterator[None]:
        """Keep the link from being idle."""
        self.leases += 1
        try:
            yield
        finally:
            self.leases -= 1

    def unavailable(self) -> RedisUnavailable:
        """Why nothing can be sent now."""
        return RedisUnavailable(f"Redis refused the login: {self.refusal}" if self.refusal else "Redis cannot be reached")

    async def close(self) -> None:
        """Close; what waits is told that its outcome is unknown."""
        self.state = LinkState.CLOSED
        self._settled.set()
        self._task.cancel()
        if self._watch is not None:
            self._watch.cancel()
        if self._connection is not None:
            self._connection.close()
        await asyncio.gather(self._task, return_exceptions=True)
        # A closed link leaves no cycle: links come and go with grants, and cycles wait long for the collector.
        if self._connection is not None:
            self._connection.on_lost = None
        self._connection = None
        self._login = _closed

    async def _keep_up(self) -> None:
        pause = _FIRST_PAUSE_SECONDS
        while True:
            if await self._connect():
                pause = _FIRST_PAUSE_SECONDS
                await self._lost.wait()
                self._down()
            else:
                self._settled.set()
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)

    async def _connect(self) -> bool:
        try:
            connection = await self.open()
        except (OSError, RedisUnavailable, ErrorReply) as error:
            self.refusal = error if isinstance(error, ErrorReply) else None
            if self.state is not LinkState.DOWN:
                log.warning("redis_unavailable", address=str(self._address), reason=str(error) or type(error).__name__)
            self.state = LinkState.DOWN
            return False
        self._lost.clear()
        connection.on_lost = self._lost.set
        if connection.closed:
            return False
        self._connection = connection
        self.connects += 1
        self.refusal = None
        self.state = LinkState.UP
        self._settled.set()
        return True

    def _down(self) -> None:
        self._connection = None
        if self.state is LinkState.UP:
            self.state = LinkState.DOWN
            log.warning("redis_connection_lost", address=str(self._address))

    def _expire(self) -> None:
        self._watch = None
        if self._connection is not None and self._connection.in_flight:
            self._connection.expire(self._loop.time())
            self._watch = self._loop.call_later(_WATCH_SECONDS, self._expire)
