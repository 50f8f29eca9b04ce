"""The Redis server of the pod: its readiness, its INFO, its live settings and its passwords.

What belongs to the instance's primary, commands and the ACL users of grants, is in ``connection_registry``.
"""

from __future__ import annotations

import asyncio
from typing import Any

from kuberedis_core.redis_info import parse_info
from kuberedis_sidecar.errors import ErrorReply, RedisUnavailable
from kuberedis_sidecar.redis.live_config import LiveConfig
from kuberedis_sidecar.redis.live_passwords import LivePasswords
from kuberedis_sidecar.redis.replies import Command
from kuberedis_sidecar.redis.shared_connection import ConnectionState, SharedConnection
from kuberedis_sidecar.settings import Settings

_PROBE_SECONDS = 1.0
_INFO_SECONDS = 2.0


class LocalServer:
    """The Redis server of the pod.

    Args:
        administrator: Connection of the administrator to this server.
        settings: Name of the instance, and its file of live settings.
    """

    def __init__(self, administrator: SharedConnection, settings: Settings) -> None:
        self._administrator = administrator
        self._live_config = LiveConfig(settings.redis_settings_file, settings.instance) if settings.redis_settings_file else None
        # Only of a server whose settings are managed here: any other one may have more passwords than this sidecar knows.
        password_file = settings.redis_password_file if self._live_config is not None else None
        self._live_passwords = LivePasswords(password_file, settings.instance) if password_file is not None else None

    @property
    def up(self) -> bool:
        """Whether there is a connection to it."""
        return self._administrator.state is ConnectionState.UP

    @property
    def refused_settings(self) -> int:
        """Number of live settings that it refused."""
        return self._live_config.refused if self._live_config is not None else 0

    async def not_ready_reason(self) -> str | None:
        """Why it does not serve commands; None if it does."""
        try:
            async with asyncio.timeout(_PROBE_SECONDS):
                await self._administrator.call(("PING",))
        except TimeoutError:
            return "Redis does not answer"
        except (RedisUnavailable, ErrorReply) as problem:
            return str(problem)
        return None

    async def info(self, *, commands: bool = False) -> dict[str, str]:
        """The fields of INFO, with `commands` also those of its section commandstats; empty when there was no reply."""
        # Redis 6 takes one section at a time.
        replies = await self._ask(("INFO",), *([("INFO", "commandstats")] if commands else []))
        return {field: value for reply in replies for field, value in parse_info(reply.decode(errors="replace")).items()}

    async def slowlog_length(self) -> int | None:
        """How many commands are in the slow log; None when there was no reply."""
        replies = await self._ask(("SLOWLOG", "LEN"))
        return replies[0] if replies and isinstance(replies[0], int) else None

    async def _ask(self, *questions: Command) -> list[Any]:
        """The replies; none if one did not come."""
        try:
            async with asyncio.timeout(_INFO_SECONDS):
                return await self._administrator.call(*questions)
        except (TimeoutError, RedisUnavailable, ErrorReply):
            return []

    async def apply_files(self) -> None:
        """Apply the passwords and the live settings if their files, or the server, are not those that they were last applied to."""
        if self._live_passwords is not None:
            await self._live_passwords.apply(self._administrator)
        if self._live_config is not None:
            await self._live_config.apply(self._administrator)
