"""The rules of an instance's keys, which the operator makes, the sidecar checks and the command line signs tokens with."""

from __future__ import annotations

import secrets
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

MIN_KEY_LENGTH = 32
"""Characters below which a key could be guessed."""

_KEY_BYTES = 32


def new_key() -> InstanceKey:
    """A key of 256 random bits."""
    return InstanceKey(secrets.token_urlsafe(_KEY_BYTES))


def check_key(text: str) -> InstanceKey:
    """`text` itself if it can be an instance's key.

    Raises:
        ValueError: It cannot; the text says what a key looks like and holds nothing of it.
    """
    if len(text) < MIN_KEY_LENGTH or not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError(f"a key is {MIN_KEY_LENGTH} or more printable ASCII characters without a space")
    return InstanceKey(text)
