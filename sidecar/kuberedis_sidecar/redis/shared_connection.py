"""A connection to Redis that many requests share and that is kept up.

A command whose outcome is unknown is an error to its caller and is never sent twice. While there is no connection commands fail at once,
but for an attempt to connect that is expected to succeed: they wait for the result of that.
"""

from __future__ import annotations

import asyncio
import enum
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, TypeAlias

from kuberedis_core.backoff import backoff_seconds
from kuberedis_core.logging import log
from kuberedis_sidecar.auth.acl import AclUser
from kuberedis_sidecar.errors import ErrorReply, RedisUnavailable
from kuberedis_sidecar.redis.batch import BatchMemory, OnResult, Reserve
from kuberedis_sidecar.redis.connection import Connection
from kuberedis_sidecar.redis.endpoints import Endpoint
from kuberedis_sidecar.redis.replies import Command

DEFAULT_USER = AclUser("default")

_FIRST_BACKOFF_SECONDS = 0.05
_LONGEST_BACKOFF_SECONDS = 1.0
EXPIRE_SECONDS = 0.25

Login: TypeAlias = Callable[[Connection], Awaitable[None]]


async def _refuse_login(_: Connection) -> None:
    raise RedisUnavailable("the connection to Redis is closed")


class ConnectionState(enum.Enum):
    """Whether commands can be sent."""

    CONNECTING = "connecting"
    """The first attempt, the first after a move, or one that `retry` asked for: commands wait for its result."""
    UP = "up"
    DOWN = "down"
    """Lost or refused; connecting is tried again and again."""
    CLOSED = "closed"


# Looked up faster than the member of the enumeration, for each request.
UP = ConnectionState.UP


class SharedConnection:
    """The shared connection of one ACL user.

    Args:
        endpoint: Address to connect to; when it moves, the connection follows.
        login: Called with each new connection before any command is sent on it; raises `ErrorReply` when Redis refuses.
        timeout: Seconds that a command may take.
        user: ACL user that `login` authenticates.
        reserve: Pays for the memory of replies; None for replies that need not be counted.
    """

    follows = False
    """Whether it holds commands until there is a primary again."""

    def __init__(
        self, endpoint: Endpoint, login: Login, timeout: float, user: AclUser = DEFAULT_USER, reserve: Reserve | None = None
    ) -> None:
        self.user = user
        self.reserve = reserve
        self._endpoint = endpoint
        self._login = login
        self._timeout = timeout
        self._loop = asyncio.get_running_loop()
        self._connection: Connection | None = None
        # What the last connection has learned of replies.
        self._usual_bytes = 0
        self._settled = asyncio.Event()
        self._lost = asyncio.Event()
        self._retry = asyncio.Event()
        self.state = ConnectionState.CONNECTING
        self.refusal: ErrorReply | None = None
        """The reply to the last login, when it was an error."""
        self.connects = 0
        """Number of times that it has been up."""
        self.used = 0.0
        """Time of its last use, by the event loop's clock."""
        self.waiting = 0
        """Number of callers that wait for the attempt of state CONNECTING."""
        self.leases = 0
        """Number of callers that wait for it, or have a connection of their own with its login."""
        self._expiry: asyncio.TimerHandle | None = None
        endpoint.add_listener(self._reconnect)
        self._task = self._loop.create_task(self._keep_up())

    @property
    def idle(self) -> bool:
        """Whether no command is in flight and no caller has a lease."""
        return self.leases == 0 and self.in_flight == 0

    @property
    def in_flight(self) -> int:
        """Number of batches of commands without their replies."""
        return self._connection.in_flight if self._connection is not None else 0

    def send(self, commands: Sequence[Command], on_result: OnResult, raw: bool = False, memory: BatchMemory | None = None) -> None:
        """Send commands; see `Connection.send`. Without a connection the result is a `RedisUnavailable`."""
        connection = self._connection
        if connection is None or self.state is not UP:
            self._loop.call_soon(on_result, self.unavailable())
            return
        self.used = now = self._loop.time()
        connection.send(commands, on_result, now + self._timeout, raw, memory)
        if self._expiry is None:
            self._expiry = self._loop.call_later(EXPIRE_SECONDS, self._expire)

    async def call(self, *commands: Command) -> list[Any]:
        """Send commands and wait for their replies; see `Connection.call`."""
        if self.state is ConnectionState.CONNECTING:
            await self.settled()
        if self._connection is None or self.state is not UP:
            raise self.unavailable()
        return await self._connection.call(*commands, seconds=self._timeout)

    async def open(self) -> Connection:
        """A new connection with the same login, which the caller has to close.

        Raises:
            OSError, RedisUnavailable, ErrorReply: Connecting or the login failed.
        """
        connection = await self._endpoint.connect()
        try:
            await self._login(connection)
        except BaseException:
            connection.close()
            raise
        connection.replies.reserve = self.reserve
        connection.expect(self._usual_bytes)
        return connection

    async def settled(self) -> None:
        """Wait until the attempt of state CONNECTING has succeeded or failed."""
        self.waiting += 1
        try:
            with self.leased():
                await self._settled.wait()
        finally:
            self.waiting -= 1

    def drop(self) -> None:
        """Give up the present connection; the outcome of what is in flight is unknown. Commands fail at once until there is another."""
        if self._connection is not None:
            self._connection.close()

    def retry(self) -> None:
        """Connect at once if the connection is down, because Redis is known to be up."""
        if self.state is ConnectionState.DOWN:
            self._expect()
            self._retry.set()

    @contextmanager
    def leased(self) -> Iterator[None]:
        """Keep the connection from being idle."""
        self.leases += 1
        try:
            yield
        finally:
            self.leases -= 1

    def unavailable(self) -> RedisUnavailable:
        """Why nothing can be sent now."""
        return RedisUnavailable(f"Redis refused the login: {self.refusal}" if self.refusal else "Redis cannot be reached")

    async def close(self) -> None:
        """Close; the outcome of what is in flight is unknown."""
        if self.state is not ConnectionState.CLOSED:
            self._endpoint.remove_listener(self._reconnect)
        self.state = ConnectionState.CLOSED
        self._settled.set()
        self._task.cancel()
        if self._expiry is not None:
            self._expiry.cancel()
        if self._connection is not None:
            self._connection.close()
        await asyncio.gather(self._task, return_exceptions=True)
        # A closed connection leaves no reference cycle: they come and go with grants, and cycles stay until the collector runs.
        if self._connection is not None:
            self._connection.on_lost = None
        self._connection = None
        self._login = _refuse_login

    def _reconnect(self) -> None:
        """Leave the connection, or the attempt to connect, to the previous address."""
        self._task.cancel()
        if self._connection is not None:
            self._connection.on_lost = None
            self._connection.close()
            self._connection = None
        self._expect()
        self._task = self._loop.create_task(self._keep_up())

    def _expect(self) -> None:
        """Have commands wait for the next attempt."""
        self.state = ConnectionState.CONNECTING
        self._settled.clear()

    async def _keep_up(self) -> None:
        failures = 0
        while True:
            if await self._connect():
                failures = 0
                await self._lost.wait()
                self._set_down()
            else:
                failures += 1
                self._settled.set()
                await self._wait_for_retry(backoff_seconds(failures, first=_FIRST_BACKOFF_SECONDS, longest=_LONGEST_BACKOFF_SECONDS))

    async def _wait_for_retry(self, seconds: float) -> None:
        # A `retry` during the attempt that has just failed counts as well: that attempt may have begun too early.
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._retry.wait()
        self._retry.clear()

    async def _connect(self) -> bool:
        try:
            connection = await self.open()
        except (OSError, RedisUnavailable, ErrorReply) as error:
            self.refusal = error if isinstance(error, ErrorReply) else None
            if self.state is not ConnectionState.DOWN:
                log.warning("redis_unavailable", address=str(self._endpoint), reason=str(error) or type(error).__name__)
            self.state = ConnectionState.DOWN
            return False
        self._lost.clear()
        connection.on_lost = self._lost.set
        if connection.closed:
            self.state = ConnectionState.DOWN
            return False
        self._retry.clear()
        self._connection = connection
        self.connects += 1
        self.refusal = None
        self.state = UP
        self._settled.set()
        return True

    def _set_down(self) -> None:
        if self._connection is not None:
            self._usual_bytes = self._connection.usual_bytes
            self._connection = None
        if self.state is UP:
            self.state = ConnectionState.DOWN
            log.warning("redis_connection_lost", address=str(self._endpoint))

    def _expire(self) -> None:
        self._expiry = None
        if self._connection is not None and self._connection.in_flight:
            self._connection.expire(self._loop.time())
            self._expiry = self._loop.call_later(EXPIRE_SECONDS, self._expire)
