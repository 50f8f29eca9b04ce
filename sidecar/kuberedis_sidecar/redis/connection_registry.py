"""The shared connections of an instance, one for each distinct grant in use, and the ACL users that they log in as.

The ACL user of a grant is made on the very connection that then serves the grant; so a Redis that restarted and lost its users gets them
again at the next login. At most N grants are alive; a new one replaces the one least recently used.
"""

from __future__ import annotations

import asyncio
import itertools
import secrets
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from kuberedis_core.logging import log
from kuberedis_sidecar.auth.acl import AclUser, Grant, user_rules
from kuberedis_sidecar.errors import ErrorReply, RedisUnavailable, Unauthorized
from kuberedis_sidecar.memory import MemoryBudget
from kuberedis_sidecar.redis.command_table import CommandTable
from kuberedis_sidecar.redis.connection import Connection
from kuberedis_sidecar.redis.endpoints import Endpoint, PrimaryEndpoint
from kuberedis_sidecar.redis.following_connection import FollowingConnection, connect_to
from kuberedis_sidecar.redis.login import grant_login, log_in_administrator, require_primary
from kuberedis_sidecar.redis.shared_connection import ConnectionState, SharedConnection
from kuberedis_sidecar.settings import Settings

_USER_PREFIX = "kuberedis:"
_IDLE_POLL_SECONDS = 0.1

# COPY can write into another database, which no command reads and nobody could empty. An ACL cannot tell its option DB.
_NO_COPY = "-copy"


class ConnectionRegistry:
    """Connections to the primary of an instance, by grant.

    Args:
        endpoint: Address of the primary.
        administrator: Connection of the administrator to the primary, which calls `prepare` at each login.
        settings: Password file and limits.
        memory: Pays for replies.
    """

    def __init__(self, endpoint: Endpoint, administrator: SharedConnection, settings: Settings, memory: MemoryBudget) -> None:
        self._endpoint = endpoint
        self.administrator = administrator
        self._settings = settings
        self._memory = memory
        self._table = CommandTable()
        self._has_one_database = True
        self._user_prefix = _new_prefix()
        self._serial = itertools.count(1)
        self._by_grant: dict[Grant, SharedConnection] = {}
        self.find: Callable[[Grant], SharedConnection | None] = self._by_grant.get
        """Returns the connection of a grant, whatever its state; None if there is none. On the fast path, and so without a frame."""
        self._retiring: set[asyncio.Task[None]] = set()
        self._prepared = asyncio.Event()
        if isinstance(endpoint, PrimaryEndpoint):
            endpoint.add_listener(self._begin_anew)

    @property
    def grants(self) -> int:
        """Number of grants that are alive."""
        return len(self._by_grant)

    @property
    def in_flight(self) -> int:
        """Number of batches of commands without their replies, over all connections."""
        return sum(connection.in_flight for connection in self._by_grant.values())

    @property
    def held(self) -> int:
        """Number of requests that wait for a primary, over all connections."""
        return sum(connection.held for connection in self._by_grant.values() if isinstance(connection, FollowingConnection))

    def requests(self, grant: Grant) -> int:
        """Number of requests of a grant that wait for its connection or for replies on it."""
        connection = self._by_grant.get(grant)
        return 0 if connection is None else connection.waiting + connection.in_flight

    def drop(self) -> None:
        """Give up every present connection; see `SharedConnection.drop`."""
        for connection in self._by_grant.values():
            connection.drop()

    async def get(self, grant: Grant) -> SharedConnection:
        """The connection of a grant, made if there is none, once it is up.

        Raises:
            Unauthorized: Redis refused the rules of the grant.
            RedisUnavailable: The connection is down.
        """
        connection = self._by_grant.get(grant) or self._make(grant)
        connection.used = asyncio.get_running_loop().time()
        while connection.state is ConnectionState.CONNECTING:
            await connection.settled()
        if connection.state is not ConnectionState.UP:
            if connection.refusal is not None and "ACL SETUSER" in str(connection.refusal):
                raise Unauthorized(f"Redis refused the token's acl claim: {connection.refusal}")
            raise connection.unavailable()
        return connection

    async def prepare(self, connection: Connection) -> CommandTable:
        """Prepare Redis for logins of grants.

        Reads its command table, and deletes the ACL users of a sidecar that is gone. Connections of grants that are down connect again at
        once: Redis has answered, so a pod that is ready serves every grant.

        Args:
            connection: A new connection of the administrator.

        Raises:
            RedisUnavailable, ErrorReply: A command failed.
        """
        [reply] = await connection.call(("COMMAND",))
        self._table = CommandTable.from_reply(reply)
        if isinstance(self._endpoint, PrimaryEndpoint):
            self._endpoint.table = self._table
        self._has_one_database = await _has_one_database(connection)
        await self._delete_abandoned(connection)
        self._prepared.set()
        for known in self._by_grant.values():
            known.retry()
        return self._table

    async def close(self) -> None:
        """Close every connection of a grant."""
        connections = list(self._by_grant.values())
        self._by_grant.clear()
        for task in self._retiring:
            task.cancel()
        await asyncio.gather(*(connection.close() for connection in connections), *self._retiring, return_exceptions=True)

    def _begin_anew(self) -> None:
        """Another server is the primary. It may know other commands, and have users of a time when it was the primary before, which the
        sidecars of all members delete: so the users that are made now have other names."""
        self._prepared.clear()
        self._user_prefix = _new_prefix()

    def _make(self, grant: Grant) -> SharedConnection:
        while len(self._by_grant) >= self._settings.max_grants:
            oldest = min(self._by_grant, key=lambda known: self._by_grant[known].used)
            self._retire(self._by_grant.pop(oldest))
        serial, password = next(self._serial), secrets.token_urlsafe(24)

        async def login(connection: Connection) -> None:
            shared.user = AclUser(f"{self._user_prefix}{serial}")
            await self._log_in(connection, grant, shared.user, password)

        timeout, reserve = self._settings.request_timeout_seconds, partial(self._memory.open, grant)
        shared = connect_to(self._endpoint, login, timeout, AclUser(f"{self._user_prefix}{serial}"), reserve)
        self._by_grant[grant] = shared
        return shared

    def _retire(self, connection: SharedConnection) -> None:
        # Requests that have it keep it until they have their replies; later ones make a new one.
        task = asyncio.get_running_loop().create_task(self._close_when_idle(connection))
        self._retiring.add(task)
        task.add_done_callback(self._retiring.discard)

    async def _close_when_idle(self, connection: SharedConnection) -> None:
        while not connection.idle:  # noqa: ASYNC110
            await asyncio.sleep(_IDLE_POLL_SECONDS)
        await connection.close()
        await self._delete_users([connection.user])

    async def _log_in(self, connection: Connection, grant: Grant, user: AclUser, password: str) -> None:
        try:
            async with asyncio.timeout(self._settings.request_timeout_seconds):
                # The rules remove commands by name, so they need the names of this Redis.
                await self._prepared.wait()
        except TimeoutError:
            raise self.administrator.unavailable() from None
        rules = user_rules(grant, self._table.names, self._table.bound)
        if not self._has_one_database:
            rules.append(_NO_COPY)
        login = grant_login(user, password, rules)
        if isinstance(self._endpoint, PrimaryEndpoint):
            await log_in_administrator(connection, self._settings.redis_password_file)
            await require_primary(connection)
            await connection.call(*login)
        else:
            await log_in_administrator(connection, self._settings.redis_password_file, *login)

    async def _delete_abandoned(self, connection: Connection) -> None:
        """Delete the ACL users that a sidecar made and no client is logged in as, except this sidecar's own."""
        users, clients = await connection.call(("ACL", "USERS"), ("CLIENT", "LIST"))
        made = {user.decode() for user in users if user.startswith(_USER_PREFIX.encode())}
        abandoned = [AclUser(user) for user in made - _logged_in(clients) if not user.startswith(self._user_prefix)]
        if abandoned:
            await connection.call(("ACL", "DELUSER", *abandoned))

    async def _delete_users(self, users: Sequence[AclUser]) -> None:
        try:
            async with asyncio.timeout(self._settings.request_timeout_seconds):
                await self.administrator.call(("ACL", "DELUSER", *users))
        except (TimeoutError, RedisUnavailable, ErrorReply) as error:
            # A Redis that restarts loses them anyway; otherwise the next login of an administrator deletes them.
            log.debug("acl_users_left", reason=str(error) or type(error).__name__)


def _new_prefix() -> str:
    """The beginning of the names of users that no other sidecar makes."""
    return f"{_USER_PREFIX}{secrets.token_hex(4)}:"


async def _has_one_database(connection: Connection) -> bool:
    try:
        [reply] = await connection.call(("CONFIG", "GET", "databases"))
    except ErrorReply:
        # Of a Redis that does not tell, the usual number is assumed, which is 16.
        reply = []
    if reply[1:] == [b"1"]:
        return True
    log.warning("copy_refused", reason="Redis has more than one database, and COPY could fill another; set databases 1")
    return False


def _logged_in(clients: Any) -> set[str]:
    """The users in the reply of CLIENT LIST."""
    return {field[5:].decode() for field in clients.split() if field.startswith(b"user=")}
