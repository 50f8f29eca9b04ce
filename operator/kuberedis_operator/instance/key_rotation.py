"""Which keys an instance has: what its Secret holds and what its annotations ask for in, what its Secret shall hold out.

The Secret alone remembers what was done: the keys and the request they answer are written in one step, so a rotation that is cut short
neither happens twice nor loses a key.
"""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

import durationpy

from kuberedis_core.crd.kind import GROUP
from kuberedis_core.crd.names import PREVIOUS_KEY_EXPIRES_AT, ROTATE_KEY, ROTATE_KEY_GRACE
from kuberedis_core.timestamps import format_time, parse_time

KEY = "api_key"
PREVIOUS_KEY = "api_key_previous"

_REQUEST = f"{GROUP}/rotate-key-handled"
_MADE_AT = f"{GROUP}/key-made-at"
_MADE_BECAUSE = f"{GROUP}/key-made-because"

_KEY_BYTES = 32

Origin = Literal["created", "rotated", "replaced"]


class GraceError(ValueError):
    """The annotation that says how long the old key stays valid cannot be read; the text says what to write."""


@dataclass(frozen=True)
class Credentials:
    """The keys of an instance and how they came about."""

    key: str
    previous: str | None = None
    previous_expires_at: datetime | None = None
    request: str = ""
    """The value of the annotation that was handled last."""
    made_at: datetime | None = None
    """When the key was made; None if its owner brought it."""
    origin: Origin = "created"

    def annotations(self) -> dict[str, str]:
        """What the Secret says beside the keys; `read` reads it again."""
        values = {
            _REQUEST: self.request,
            _MADE_AT: format_time(self.made_at) if self.made_at else "",
            _MADE_BECAUSE: self.origin,
            PREVIOUS_KEY_EXPIRES_AT: format_time(self.previous_expires_at) if self.previous_expires_at else "",
        }
        return {name: value for name, value in values.items() if value}

    def status(self) -> dict[str, str]:
        """`status.keyRotation`."""
        values = {
            "request": self.request,
            "rotatedAt": format_time(self.made_at) if self.made_at and self.origin != "created" else "",
            "previousKeyExpiresAt": format_time(self.previous_expires_at) if self.previous_expires_at else "",
        }
        return {name: value for name, value in values.items() if value}


def read(secret: Mapping[str, Any]) -> Credentials | None:
    """The credentials in a Secret, or None if it holds no usable key."""
    data = secret.get("data") or {}
    annotations = secret["metadata"].get("annotations") or {}
    if not (key := _decode(data.get(KEY))):
        return None
    return Credentials(
        key=key,
        previous=_decode(data.get(PREVIOUS_KEY)) or None,
        previous_expires_at=parse_time(annotations.get(PREVIOUS_KEY_EXPIRES_AT)),
        request=annotations.get(_REQUEST, ""),
        made_at=parse_time(annotations.get(_MADE_AT)),
        origin=_origin(annotations.get(_MADE_BECAUSE)),
    )


def first(annotations: Mapping[str, str], now: datetime, *, replaces: bool) -> Credentials:
    """New credentials for an instance that has none.

    Args:
        annotations: Of the instance.
        now: The time.
        replaces: Whether it had some that are lost.
    """
    # A new key answers a pending request as well.
    return Credentials(_new_key(), request=annotations.get(ROTATE_KEY, ""), made_at=now, origin="replaced" if replaces else "created")


def advance(current: Credentials, annotations: Mapping[str, str], now: datetime, default_grace: timedelta) -> Credentials:
    """What the credentials shall be by now: rotated if that is asked for, without a previous key whose time is over.

    Args:
        current: What they are.
        annotations: Of the instance.
        now: The time.
        default_grace: How long the previous key stays valid unless an annotation says otherwise.

    Raises:
        GraceError: A rotation is asked for, with a period that cannot be read.
    """
    request = annotations.get(ROTATE_KEY, "")
    if request and request != current.request:
        grace = _grace(annotations.get(ROTATE_KEY_GRACE), default_grace)
        kept = bool(grace)
        return Credentials(
            _new_key(),
            previous=current.key if kept else None,
            previous_expires_at=now + grace if kept else None,
            request=request,
            made_at=now,
            origin="rotated",
        )
    if current.previous_expires_at is not None and current.previous_expires_at <= now:
        return replace(current, previous=None, previous_expires_at=None)
    return current


def _grace(text: str | None, default: timedelta) -> timedelta:
    if text is None:
        return default
    try:
        grace: timedelta = durationpy.from_str(text)
    except durationpy.DurationError:
        grace = timedelta(-1)
    if grace < timedelta(0):
        raise GraceError(f"annotation {ROTATE_KEY_GRACE}: {text!r} is not a duration; write for example 1h, 30m or 0s")
    return grace


def _new_key() -> str:
    return secrets.token_urlsafe(_KEY_BYTES)


def _origin(text: str | None) -> Origin:
    return text if text in ("rotated", "replaced") else "created"  # type: ignore[return-value]


def _decode(text: str | None) -> str:
    try:
        return base64.b64decode(text or "").decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
