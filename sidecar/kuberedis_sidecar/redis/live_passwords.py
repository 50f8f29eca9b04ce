"""The passwords of a running Redis: made those of the files that the sidecar logs in with, whenever these change.

So a password is rotated without a moment in which a login is refused: while the files hold two passwords, Redis accepts both.
"""

from __future__ import annotations

from pathlib import Path

from kuberedis_core.credentials import default_user_rules
from kuberedis_core.logging import log
from kuberedis_sidecar.errors import ErrorReply, RedisUnavailable
from kuberedis_sidecar.redis.login import read_passwords
from kuberedis_sidecar.redis.shared_connection import DEFAULT_USER, SharedConnection


class LivePasswords:
    """The passwords of the default user.

    Args:
        path: File with the current one; see `read_passwords`.
        instance: Name of the instance, for the log.
    """

    def __init__(self, path: Path, instance: str) -> None:
        self._path = path
        self._instance = instance
        # A Redis that restarts has those that were in the files then, so they count as applied for one connection only.
        self._applied: tuple[list[str], int] | None = None
        self._problem = ""

    async def apply(self, administrator: SharedConnection) -> None:
        """Apply the files, unless neither they nor the connection have changed; what fails is tried again by the next call."""
        connection = administrator.connects
        try:
            passwords = read_passwords(self._path)
            if not connection or (passwords, connection) == self._applied:
                return
            await administrator.call(("ACL", "SETUSER", DEFAULT_USER, *default_user_rules(passwords)))
        except RedisUnavailable:
            return
        except (OSError, ErrorReply) as error:
            self._report(getattr(error, "strerror", None) or str(error))
            return
        self._applied, self._problem = (passwords, connection), ""
        log.info("redis_passwords_applied", instance=self._instance, previous_password_valid=len(passwords) > 1)

    def _report(self, problem: str) -> None:
        if problem != self._problem:
            self._problem = problem
            log.error("redis_passwords_unusable", instance=self._instance, reason=problem, consequence="Redis keeps the passwords it has")
