"""Logins to Redis: as the administrator, and as the ACL user of a grant."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kuberedis_sidecar.auth.acl import AclUser
from kuberedis_sidecar.redis.replies import Command
from kuberedis_sidecar.redis.shared_connection import DEFAULT_USER


def administrator_login(password_file: Path | None) -> list[Command]:
    """The commands that log in as the administrator; none without a password.

    Raises:
        OSError: The file cannot be read.
    """
    if password_file is None:
        return []
    return [("AUTH", DEFAULT_USER, password_file.read_text(encoding="utf-8").rstrip("\r\n"))]


def grant_login(user: AclUser, password: str, rules: Sequence[str]) -> list[Command]:
    """The commands that make an ACL user and log in as it, sent as the administrator on the connection that becomes the user's."""
    return [("ACL", "SETUSER", user, "reset", "on", f">{password}", *rules), ("AUTH", user, password)]
