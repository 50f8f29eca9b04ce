"""Logins to Redis: as the administrator, and as the ACL user of a grant."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kuberedis_core.credentials import previous_password_name
from kuberedis_core.logging import log
from kuberedis_sidecar.auth.acl import AclUser
from kuberedis_sidecar.errors import ErrorReply, NotPrimary
from kuberedis_sidecar.redis.connection import Connection
from kuberedis_sidecar.redis.replies import Command
from kuberedis_sidecar.redis.shared_connection import DEFAULT_USER

_WRONG_PASSWORD = "WRONGPASS"  # noqa: S105 how an error reply begins


def read_passwords(password_file: Path) -> list[str]:
    """The valid passwords of the administrator, the current one first.

    Args:
        password_file: File with the current one. During a rotation the one before is in a file beside it, `previous_password_name`.

    Raises:
        OSError: The file cannot be read.
    """
    previous = password_file.with_name(previous_password_name(password_file.name))
    texts = [_read(password_file), _read(previous) if previous.exists() else ""]
    return [text for number, text in enumerate(texts) if number == 0 or text]


async def log_in_administrator(connection: Connection, password_file: Path | None, *commands: Command) -> None:
    """Log in as the administrator, unless there is no password, and send `commands`, as a rule in the same write.

    Raises:
        OSError: The file cannot be read.
        RedisUnavailable, ErrorReply: The login or a command failed.
    """
    passwords = read_passwords(password_file) if password_file is not None else []
    login: list[Command] = [("AUTH", DEFAULT_USER, password) for password in passwords[:1]]
    if len(passwords) > 1:
        await _log_in_with_any(connection, passwords)
        login = []
    if login or commands:
        await connection.call(*login, *commands)


async def _log_in_with_any(connection: Connection, passwords: Sequence[str]) -> None:
    """Log in while the password is rotated, when Redis may not know the new one yet."""
    for password in passwords:
        try:
            # On its own: a client that is not logged in may not send commands of many arguments, and is disconnected if it does.
            await connection.call(("AUTH", DEFAULT_USER, password))
        except ErrorReply as error:
            if password is passwords[-1] or not str(error).startswith(_WRONG_PASSWORD):
                raise
        else:
            return


async def require_primary(connection: Connection) -> None:
    """Nothing, if the server is a primary.

    Raises:
        NotPrimary: It is a replica.
        RedisUnavailable, ErrorReply: There was no reply, or an error.
    """
    [reply] = await connection.call(("ROLE",))
    if reply[:1] != [b"master"]:
        raise NotPrimary("the server that was the primary of this instance is a replica")


async def limit_scripts(connection: Connection, seconds: float) -> None:
    """Have Redis take commands that stop a script once that has run for `seconds`.

    Args:
        connection: Connection of the administrator.
        seconds: The limit.

    Raises:
        RedisUnavailable: There was no reply.
    """
    try:
        # The name in Redis 6; later versions, and Valkey, call it busy-reply-threshold and know both.
        await connection.call(("CONFIG", "SET", "lua-time-limit", round(1000 * seconds)))
    except ErrorReply as refusal:
        log.warning("script_limit_refused", reason=str(refusal), consequence="Redis lets scripts run as long as it is configured to")


async def longest_argument(connection: Connection) -> int | None:
    """Bytes of the longest argument that Redis takes; it closes the connection, which many share, when there is a longer one.

    Args:
        connection: Connection of the administrator.

    Returns:
        None if Redis does not tell.

    Raises:
        RedisUnavailable: There was no reply.
    """
    try:
        (reply,) = await connection.call(("CONFIG", "GET", "proto-max-bulk-len"))
        return int(reply[1])
    except (ErrorReply, LookupError, ValueError):
        return None


def grant_login(user: AclUser, password: str, rules: Sequence[str]) -> list[Command]:
    """The commands that make an ACL user and log in as it, sent as the administrator on the connection that becomes the user's."""
    return [("ACL", "SETUSER", user, "reset", "on", f">{password}", *rules), ("AUTH", user, password)]


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8").rstrip("\r\n")
