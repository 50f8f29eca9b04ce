"""The rules of an instance's credentials.

The operator makes them. The sidecar checks the key, and logs in to Redis with the password; the command line signs tokens with the key.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from typing import NewType

InstanceKey = NewType("InstanceKey", str)
"""The key of an instance: it opens everything, and signs tokens."""

Token = NewType("Token", str)
"""A JSON Web Token signed with an instance's key."""

KEY_FILE = "api_key"
"""The key's member of the Secret, and so its file in the mounted folder."""

PREVIOUS_KEY_FILE = "api_key_previous"
"""The same of the key before, while it is still valid."""

REVOKED_FILE = "revoked_jti"
"""The same of the ids of revoked tokens (see `revocations`)."""

PASSWORD_FILE = "password"  # noqa: S105 the name of a file
"""The password of Redis: a member of its Secret, and so a file in the mounted folder."""

MIN_KEY_LENGTH = 32
"""Characters below which a key could be guessed."""

MAX_TTL_SECONDS = 366 * 24 * 3600
"""The longest that a token is valid: one that outlives every rotation of its key would be a second key."""

_KEY_BYTES = 32


def new_key() -> InstanceKey:
    """A key of 256 random bits."""
    return InstanceKey(secrets.token_urlsafe(_KEY_BYTES))


def new_password() -> str:
    """A password of Redis, of 256 random bits."""
    return secrets.token_urlsafe(_KEY_BYTES)


def previous_password_name(name: str) -> str:
    """The file, or the member of a Secret, beside `name` with the password before, which is empty unless that is still valid."""
    return f"{name}_previous"


def default_user_rules(passwords: Iterable[str]) -> list[str]:
    """Rules of ACL SETUSER for the passwords of Redis' default user; they hold hashes in place of the passwords.

    Source: https://redis.io/docs/latest/commands/acl-setuser/
    """
    return ["resetpass", *(f"#{hashlib.sha256(password.encode()).hexdigest()}" for password in passwords)]


def check_key(text: str) -> InstanceKey:
    """`text` itself if it can be an instance's key.

    Raises:
        ValueError: It cannot; the text says what a key looks like and holds nothing of it.
    """
    if len(text) < MIN_KEY_LENGTH or not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError(f"a key is {MIN_KEY_LENGTH} or more printable ASCII characters without a space")
    return InstanceKey(text)
