"""The links of one instance: the administrator's, and one for each distinct grant that is in use.

A grant's link is logged in as an ACL user made for it, on the very connection that then becomes it; so a Redis that restarted and
forgot its users gets them again at the next login. At most N grants are alive; the one least recently used makes room.
"""

from __future__ import annotations

import asyncio
import itertools
import secrets
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from kuberedis_core.logging import log
from kuberedis_sidecar.api.model import ErrorReply
from kuberedis_sidecar.auth.acl import Grant, user_rules
from kuberedis_sidecar.auth.authenticator import Credential
from kuberedis_sidecar.redis.command_table import CommandTable
from kuberedis_sidecar.redis.connection import Connection, RedisUnavailable
from kuberedis_sidecar.redis.shared_connection import Link, LinkState, Login
from kuberedis_sidecar.settings import Settings

_USER_PREFIX = "kuberedis:"
_RETIRE_POLL_SECONDS = 0.1


class Links:
    """Connections to one Redis, by grant.

    Args:
        settings: Where Redis listens, its administrator's password file, and the limits.
        on_table: Called with the command table at each login of the administrator.
    """

    def __init__(self, settings: Settings, on_table: Callable[[CommandTable], None]) -> None:
        self._settings = settings
        self._on_table = on_table
        self._table = CommandTable()
        self._user_prefix = f"{_USER_PREFIX}{secrets.token_hex(4)}:"
        self._serial = itertools.count(1)
        self._by_grant: dict[Grant, Link] = {}
        self._retiring: set[asyncio.Task[None]] = set()
        self._administrator_ready = asyncio.Event()
        self.administrator = self._link(self._login_administrator, "default")

    @property
    def grants(self) -> int:
        """How many grants are alive."""
        return len(self._by_grant)

    @property
    def in_flight(self) -> int:
        """Batches of commands that wait for replies, over all links."""
        return sum(link.in_flight for link in self._by_grant.values())

    def shared(self, credential: Credential) -> Link | None:
        """The link that other credentials of the same grant use, now this one's as well; None when there is none."""
        credential.link = self._by_grant.get(credential.grant)
        return credential.link

    async def of(self, credential: Credential) -> Link:
        """The credential's link, made if need be; its first attempt to connect has ended."""
        link = credential.link
        if link is None or link.retired or link.state is LinkState.CLOSED:
            link = self._by_grant.get(credential.grant) or self._make(credential.grant)
            credential.link = link
        link.used = asyncio.get_running_loop().time()
        if link.state is LinkState.CONNECTING:
            await link.settled()
        return link

    async def close(self) -> None:
        """Close every connection."""
        links = [*self._by_grant.values(), self.administrator]
        self._by_grant.clear()
        for task in self._retiring:
            task.cancel()
        await asyncio.gather(*(link.close() for link in links), *self._retiring, return_exceptions=True)

    def _link(self, login: Login, user: str) -> Link:
        return Link(self._settings.redis, login, self._settings.request_timeout_seconds, user)

    def _make(self, grant: Grant) -> Link:
        while len(self._by_grant) >= self._settings.max_grants:
            oldest = min(self._by_grant, key=lambda known: self._by_grant[known].used)
            retired = self._by_grant.pop(oldest)
            retired.retired = True
            self._retire(retired)
        user, password = f"{self._user_prefix}{next(self._serial)}", secrets.token_urlsafe(24)
        link = self._link(lambda connection: self._login_grant(connection, grant, user, password), user)
        self._by_grant[grant] = link
        return link

    def _retire(self, link: Link) -> None:
        # Requests that found this link before keep it until they have their replies; new ones make another.
        task = asyncio.get_running_loop().create_task(self._end(link))
        self._retiring.add(task)
        task.add_done_callback(self._retiring.discard)

    async def _end(self, link: Link) -> None:
        while not link.idle:  # noqa: ASYNC110
            await asyncio.sleep(_RETIRE_POLL_SECONDS)
        await link.close()
        await self._delete_users([link.user])

    async def _login_administrator(self, connection: Connection) -> None:
        *_, reply = await connection.call(*_auth(self._settings.redis_password_file), ("COMMAND",))
        self._table = CommandTable.from_reply(reply)
        self._on_table(self._table)
        await self._delete_abandoned(connection)
        self._administrator_ready.set()

    async def _login_grant(self, connection: Connection, grant: Grant, user: str, password: str) -> None:
        try:
            async with asyncio.timeout(self._settings.request_timeout_seconds):
                # The rules take commands away by name, so they need the names of this Redis.
                await self._administrator_ready.wait()
        except TimeoutError:
            raise self.administrator.unavailable() from None
        rules = user_rules(grant, self._table)
        await connection.call(
            *_auth(self._settings.redis_password_file),
            ("ACL", "SETUSER", user, "reset", "on", f">{password}", *rules),
            ("AUTH", user, password),
        )

    async def _delete_abandoned(self, connection: Connection) -> None:
        """Delete users of a sidecar that is gone: those of our kind that no client is logged in as."""
        users, clients = await connection.call(("ACL", "USERS"), ("CLIENT", "LIST"))
        ours = {user.decode() for user in users if user.startswith(_USER_PREFIX.encode())}
        alive = {word[5:].decode() for word in clients.split() if word.startswith(b"user=")}
        abandoned = [user for user in ours - alive if not user.startswith(self._user_prefix)]
        if abandoned:
            await connection.call(("ACL", "DELUSER", *abandoned))

    async def _delete_users(self, users: Sequence[str]) -> None:
        try:
            async with asyncio.timeout(self._settings.request_timeout_seconds):
                await self.administrator.call(("ACL", "DELUSER", *users))
        except (TimeoutError, RedisUnavailable, ErrorReply) as error:
            # A Redis that restarts forgets them by itself; one that stays gets another try at the next login.
            log.debug("acl_users_left", reason=str(error) or type(error).__name__)


def _auth(password_file: Path | None) -> list[tuple[Any, ...]]:
    if password_file is None:
        return []
    return [("AUTH", "default", password_file.read_text(encoding="utf-8").rstrip("\r\n"))]
