"""Connections to the Redis and the Sentinel of every member, for questions that are answered at once or not at all.

It is the connection of requests too, so that replies are bounded in size and depth, whoever sent them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

from kuberedis_core.members import MemberAddress, Members
from kuberedis_sidecar.errors import ErrorReply, RedisError, RedisTimeout, RedisUnavailable, SidecarError
from kuberedis_sidecar.memory import MemoryBudget
from kuberedis_sidecar.redis.batch import Reserve, release
from kuberedis_sidecar.redis.connection import Connection
from kuberedis_sidecar.redis.login import read_passwords
from kuberedis_sidecar.redis.replies import Command
from kuberedis_sidecar.redis.shared_connection import DEFAULT_USER
from kuberedis_sidecar.settings import MemberSettings, RedisAddress, Settings

Connect: TypeAlias = Callable[[RedisAddress], Awaitable[Connection]]
"""Connects; raises OSError when that fails."""

TCP_SECONDS = 0.1
"""Time limit of a TCP handshake, which takes a round trip between two kernels, however busy the processes are. What is lost before a member
that was cut off is back would be sent again only a second later."""
_RETRY_SECONDS = 0.2
"""The least time between two attempts to connect to a server that breaks connections, or cannot be reached."""
_GIVE_UP_SECONDS = 1.0
"""After this time without a reply TCP is tried anew: what was lost would be sent again ever more rarely."""
_NOT_LOGGED_IN = ("WRONGPASS", "NOAUTH")
_REPLY_BYTES = 2 * 2**20
"""For the replies of all nodes together, which are a few kilobytes each."""


class Node:
    """One server, and a connection to it that is made when it is needed.

    Args:
        address: Its address.
        password_file: Passwords of its default user; see `read_passwords`.
        connect: How to connect.
        reserve: Pays for replies.
        on_event: Called when the connection is lost, and when a reply comes that nobody waits for any more.
    """

    def __init__(
        self, address: RedisAddress, password_file: Path | None, connect: Connect, reserve: Reserve, on_event: Callable[[], None]
    ) -> None:
        self._address = address
        self._password_file = password_file
        self._connect = connect
        self._reserve = reserve
        self._on_event = on_event
        self._clock = asyncio.get_running_loop().time
        self._connection: Connection | None = None
        self._connecting = asyncio.Lock()
        # An attempt that goes on when those who asked have given up.
        self._opening: asyncio.Future[Connection] | None = None
        self._connected_at = 0.0
        self._retry_at = 0.0
        # Questions that were given up, and whose replies may come yet; and when the first of them was asked.
        self._overdue = 0
        self._overdue_since = 0.0
        self._login: list[Command] = []
        self._refused_passwords = 0
        self.connects = 0
        """Number of connections so far."""

    async def ask(self, *commands: Command, seconds: float) -> list[Any]:
        """The replies to commands, errors among them.

        Raises:
            ConnectionRefusedError, FileNotFoundError: Nobody listens at the address.
            OSError, RedisError: There were no replies.
        """
        if self._overdue:
            self._give_up()
            raise RedisTimeout(f"{self._address} has not answered an earlier question")
        asked_at = self._clock()
        try:
            async with asyncio.timeout(seconds):
                connection = await self._connected()
                login, self._login = self._login, []
                replies = await self._send(connection, [*login, *commands], asked_at)
        except TimeoutError:
            raise RedisTimeout(f"{self._address} did not answer in time") from None
        if isinstance(replies[0], ErrorReply) and str(replies[0]).startswith(_NOT_LOGGED_IN):
            # While passwords are rotated, the other one may be valid.
            self._refused_passwords += 1
            connection.close()
            raise replies[0]
        return replies[len(login) :]

    async def accepts(self, user: str, password: str, *, seconds: float) -> bool:
        """Whether a login on a new connection succeeds."""
        connection = None
        try:
            async with asyncio.timeout(seconds):
                connection = await self._connect(self._address)
                await connection.call(("AUTH", user, password), seconds=seconds)
        except (OSError, RedisError):
            return False
        finally:
            if connection is not None:
                connection.close()
        return True

    def close(self) -> None:
        """Close the connection."""
        if self._opening is not None:
            self._opening.cancel()
            self._opening = None
        if self._connection is not None:
            self._connection.on_lost = None
            self._connection.close()
            self._connection = None

    async def _send(self, connection: Connection, commands: list[Command], asked_at: float) -> list[Any]:
        result: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        connection.send(commands, partial(self._take, result), float("inf"))
        try:
            replies = await result
        except asyncio.CancelledError:
            if not result.cancelled():
                # They came in the very moment in which time was up.
                release(result.result())
                raise
            if not self._overdue:
                self._overdue_since = asked_at
            self._overdue += 1
            raise
        release(replies)
        if isinstance(replies, RedisError):
            raise replies
        if isinstance(replies, SidecarError):
            raise RedisUnavailable(f"{self._address} replies with more than it was asked for")
        return list(replies)

    def _take(self, result: asyncio.Future[Any], replies: Any) -> None:
        if not result.done():
            result.set_result(replies)
            return
        # An answer of a moment ago is no answer now, but whoever gives it is there.
        release(replies)
        self._overdue -= 1
        self._on_event()

    async def _connected(self) -> Connection:
        async with self._connecting:
            if self._connection is not None and not self._connection.closed:
                return self._connection
            login = self._new_login()
            connection = await self._open()
            self._retry_at, self._connected_at, self._login = 0.0, self._clock(), login
            connection.replies.reserve = self._reserve
            connection.on_lost = partial(self._lost, connection)
            self._connection = connection
            self.connects += 1
            return connection

    async def _open(self) -> Connection:
        if self._opening is None:
            if self._clock() < self._retry_at:
                raise RedisUnavailable(f"{self._address} could not be reached a moment ago")
            self._retry_at = self._clock() + _RETRY_SECONDS
            self._opening = asyncio.ensure_future(self._connect(self._address))
        try:
            # Who is busy, or a CPU away, may need longer for the TLS handshake than anybody waits for an answer.
            connection = await asyncio.shield(self._opening)
        except (ConnectionRefusedError, FileNotFoundError, TimeoutError):
            self._opening, self._retry_at = None, 0.0
            raise
        except OSError:
            self._opening = None
            raise
        self._opening = None
        return connection

    def _new_login(self) -> list[Command]:
        if self._password_file is None:
            return []
        try:
            passwords = read_passwords(self._password_file)
        except OSError as error:
            raise RedisUnavailable(f"the password cannot be read: {error.strerror}") from None
        return [("AUTH", DEFAULT_USER, passwords[self._refused_passwords % len(passwords)])]

    def _lost(self, connection: Connection) -> None:
        if self._connection is connection:
            self._connection = None
            if self._clock() < self._connected_at + _RETRY_SECONDS:
                self._retry_at = self._clock() + _RETRY_SECONDS
            self._on_event()

    def _give_up(self) -> None:
        # The other end of a Unix socket cannot be cut off, and will answer once it goes on.
        if self._address.path is None and self._connection is not None and self._clock() > self._overdue_since + _GIVE_UP_SECONDS:
            self._connection.close()


class Nodes:
    """The nodes of all members.

    Args:
        settings: Address and password of the own Redis.
        member: Address of the own Sentinel, and password of Sentinels.
        connect: How to connect.
        on_event: See `Node`.
    """

    def __init__(self, settings: Settings, member: MemberSettings, connect: Connect, on_event: Callable[[], None]) -> None:
        self._settings = settings
        self._member = member
        self._connect = connect
        self._on_event = on_event
        self._reserve = partial(MemoryBudget(_REPLY_BYTES, self).open, self)
        self._nodes: dict[RedisAddress, Node] = {}
        self.own_redis = self._node(settings.redis, settings.redis_password_file)
        self.own_sentinel = self._node(member.sentinel, member.replication_password_file)

    def redis_of(self, member: MemberAddress) -> Node:
        """The Redis of a member."""
        if member.name == self._member.name:
            return self.own_redis
        return self._node(self._address(member.host, member.redis_port), self._settings.redis_password_file)

    def sentinel_of(self, member: MemberAddress) -> Node:
        """The Sentinel of a member."""
        if member.name == self._member.name:
            return self.own_sentinel
        return self._node(self._address(member.host, member.sentinel_port), self._member.replication_password_file)

    async def redis(self, member: MemberAddress, *commands: Command, seconds: float) -> list[Any]:
        """The replies of a member's Redis.

        Raises:
            OSError, RedisError: There were none, or one of them is an error.
        """
        return _checked(await self.redis_of(member).ask(*commands, seconds=seconds))

    async def sentinel(self, member: MemberAddress, *commands: Command, seconds: float) -> list[Any]:
        """The same of its Sentinel."""
        return _checked(await self.sentinel_of(member).ask(*commands, seconds=seconds))

    def keep(self, members: Members) -> None:
        """Close connections to addresses at which there is no member any more."""
        own = {self._settings.redis, self._member.sentinel}
        kept = own | {self._address(member.host, port) for member in members for port in (member.redis_port, member.sentinel_port)}
        for address in self._nodes.keys() - kept:
            self._nodes.pop(address).close()

    def close(self) -> None:
        """Close all connections."""
        for node in self._nodes.values():
            node.close()

    def _address(self, host: str, port: int) -> RedisAddress:
        return RedisAddress(host=host, port=port, tls=self._member.tls_dir is not None)

    def _node(self, address: RedisAddress, password_file: Path | None) -> Node:
        if address not in self._nodes:
            self._nodes[address] = Node(address, password_file, self._connect, self._reserve, self._on_event)
        return self._nodes[address]


async def port_is_closed(port: int) -> bool:
    """Whether nobody listens at a port of this machine, or of this pod."""
    try:
        transport, _ = await asyncio.get_running_loop().create_connection(asyncio.Protocol, "127.0.0.1", port)
    except OSError as error:
        return isinstance(error, ConnectionRefusedError)
    transport.abort()
    return False


def _checked(replies: list[Any]) -> list[Any]:
    for reply in replies:
        if isinstance(reply, ErrorReply):
            raise reply
    return replies
