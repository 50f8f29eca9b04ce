"""Tokens made by hand, for what no JWT library would sign."""

import base64
import hashlib
import hmac
import json
import time
from typing import Any

from tests.harness.sidecar import Sidecar


def claims(sidecar: Sidecar, **changes: Any) -> dict[str, Any]:
    """Claims that the sidecar accepts for a minute, with changes; a change to `...` leaves the claim out."""
    usual = {"aud": sidecar.instance, "exp": int(time.time()) + 60, "scope": "write"}
    return {name: value for name, value in {**usual, **changes}.items() if value is not ...}


def forge(header: dict[str, Any], payload: Any, key: str, digest: str = "sha256") -> str:
    """A JWS (RFC 7515) with exactly this header and payload, signed with HMAC whatever the header says."""
    signed = f"{encode(json.dumps(header))}.{encode(payload if isinstance(payload, str | bytes) else json.dumps(payload))}"
    return f"{signed}.{encode(hmac.digest(key.encode(), signed.encode(), digest))}"


def encode(data: str | bytes) -> str:
    """Base64url without padding, as RFC 7515 wants it."""
    raw = data.encode() if isinstance(data, str) else data
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def sha256(text: str) -> str:
    """The digest by which an ACL rule names a password."""
    return hashlib.sha256(text.encode()).hexdigest()
