"""What the Secret of an instance says of tokens: the keys that sign them, and the terms that they have to keep to. Pure."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass

from kuberedis_core.crd.names import MAX_TOKEN_SECONDS
from kuberedis_core.credentials import KEY_FILE, PREVIOUS_KEY_FILE, REVOKED_FILE, InstanceKey

_USUAL_SECONDS = 3600
_MAX_DIGITS = 12


@dataclass(frozen=True)
class Signing:
    """Keys and terms of an instance, wherever they are kept.

    Args:
        keys: Its key and, during a rotation, the previous one after it.
        max_token_seconds: The longest that a token may be valid, if there is a maximum and it is known.
        revoked: The ids of revoked tokens, as `kuberedis_core.revocations` reads them.
    """

    keys: tuple[InstanceKey, ...]
    max_token_seconds: int | None = None
    revoked: str = ""

    @property
    def usual_seconds(self) -> int:
        """How long a token is valid if nobody says otherwise: an hour, or the maximum if that is less."""
        return usual_seconds(self.max_token_seconds)


def usual_seconds(longest: int | None) -> int:
    """How long a token is valid if nobody says otherwise, where it may be valid for `longest` seconds; None: for any time."""
    return _USUAL_SECONDS if longest is None else min(_USUAL_SECONDS, longest)


def signing_of(data: Mapping[str, str | bytes], annotations: Mapping[str, str]) -> Signing | None:
    """Keys and terms of an instance, from `data` and the annotations of its Secret; None if that holds no usable key."""
    key, previous = (member_text(data, member) for member in (KEY_FILE, PREVIOUS_KEY_FILE))
    if not key:
        return None
    longest = annotations.get(MAX_TOKEN_SECONDS, "")
    keys = (InstanceKey(key), *([InstanceKey(previous)] if previous else []))
    is_number = longest.isdecimal() and len(longest) <= _MAX_DIGITS
    return Signing(keys, int(longest) if is_number else None, member_text(data, REVOKED_FILE))


def member_text(data: Mapping[str, str | bytes], member: str) -> str:
    """A member of the `data` of a Secret; empty when it is none, or no text."""
    try:
        return base64.b64decode(data.get(member, ""), validate=True).decode().strip()
    except (binascii.Error, UnicodeDecodeError):
        return ""
