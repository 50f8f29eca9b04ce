"""The key of an instance as its page shows it: hidden, for a while in the clear, and being replaced. Pure.

Nothing here prints a key but `Revealed`, which a page gets only in the answer to the request that asks for it.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from kuberedis_core.ages import age
from kuberedis_core.body import Body
from kuberedis_core.crd.names import ROTATE_KEY, ROTATE_KEY_GRACE, secret_name
from kuberedis_core.one_line import one_line
from kuberedis_core.timestamps import parse_time

REVEALED_SECONDS = 30
"""How long a key stays on the screen."""
GRACE_PERIODS = (("0s", "none: the old key ends at once"), ("15m", "15 minutes"), ("1h", "1 hour"), ("24h", "1 day"), ("168h", "7 days"))
"""Choices for how long the old key stays valid, as durations of the annotation."""
USUAL_GRACE = "1h"

_PLAIN = re.compile(r"[A-Za-z0-9_./:@%+,~-]*")


@dataclass(frozen=True, slots=True)
class Rotation:
    """The last replacement of the key."""

    is_pending: bool
    """It was requested, and the operator has not carried it out."""
    rotated: str
    """How long ago the key was replaced; empty if it never was."""
    old_key_until: str
    """When the old key ends, as RFC 3339; empty if it is no longer valid."""
    old_key_seconds: int
    """For how many seconds the old key is still valid."""


@dataclass(frozen=True, slots=True)
class Revealed:
    """A key in the clear."""

    key: str = field(repr=False)
    env: str = field(repr=False)
    """The lines of a .env file with the names that the SDKs of Upstash read."""
    seconds: int = REVEALED_SECONDS


def rotation_of(instance: Body, now: datetime) -> Rotation:
    """The last replacement of the key of an instance."""
    status = instance.get("status", {}).get("keyRotation", {})
    annotations = instance["metadata"].get("annotations") or {}
    request = annotations.get(ROTATE_KEY, "")
    ends, rotated = parse_time(_text(status, "previousKeyExpiresAt")), parse_time(_text(status, "rotatedAt"))
    left = int((ends - now).total_seconds()) if ends is not None else 0
    return Rotation(
        is_pending=bool(request) and request != _text(status, "request"),
        rotated=age(rotated, now) if rotated is not None else "",
        old_key_until=_text(status, "previousKeyExpiresAt") if left > 0 else "",
        old_key_seconds=max(left, 0),
    )


def rotation_patch(request: str, grace: str) -> Body:
    """The merge patch that asks the operator for a new key.

    Args:
        request: Any text that was not used for this before.
        grace: How long the old key stays valid, one of `GRACE_PERIODS`.

    Raises:
        ValueError: It is none of these; the text says so.
    """
    if grace not in {duration for duration, _ in GRACE_PERIODS}:
        raise ValueError("choose how long the old key stays valid")
    return {"metadata": {"annotations": {ROTATE_KEY: request, ROTATE_KEY_GRACE: grace}}}


def revealed(key: str, url: str) -> Revealed:
    """A key in the clear, with the lines for a .env file; without a URL they have a place for it."""
    return Revealed(key, env_lines(url, key))


def env_lines(url: str, credential: str) -> str:
    """The lines of a .env file with a URL and a credential.

    The names are those that `Redis.fromEnv()` of the SDKs of Upstash reads (https://upstash.com/docs/redis/sdks/ts/getstarted).
    """
    pairs = (("UPSTASH_REDIS_REST_URL", url or "https://…"), ("UPSTASH_REDIS_REST_TOKEN", credential))
    return "".join(f"{name}={_quoted(value)}\n" for name, value in pairs)


def secret_of(instance: Body) -> str:
    """Name of the Secret with the key; it follows from the name, whatever the status says."""
    return secret_name(str(instance["metadata"]["name"]))


def url_of(instance: Body) -> str:
    """URL of the instance, for its clients; empty while it has none, or if what the status says is none."""
    url = _text(instance.get("status", {}), "url")
    return one_line(url) if url.startswith(("http://", "https://")) else ""


def _quoted(value: str) -> str:
    return value if _PLAIN.fullmatch(value) else shlex.quote(value)


def _text(values: Mapping[str, Any], name: str) -> str:
    value = values.get(name)
    return value if isinstance(value, str) else ""
