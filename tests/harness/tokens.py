"""Tokens minted with PyJWT directly, as an application's own code would: the gateway's minting is not trusted here."""

import time
from typing import Any

import jwt

from tests.harness.sidecar import Sidecar


def mint_token(sidecar: Sidecar, *, key: str | None = None, algorithm: str = "HS256", **claims: Any) -> str:
    """A JWT that `sidecar` accepts for a minute; each of `claims` is added or replaces a default, `None` removes it.

    Args:
        sidecar: Whose instance name is the audience and whose key signs, unless `key` is given.
        key: Another key to sign with.
        algorithm: Another algorithm to sign with.
        claims: For example `scope="read"`, `acl="~user:* +@read"`, `exp=None`.
    """
    payload = {"aud": sidecar.instance, "exp": int(time.time()) + 60} | claims
    stated = {name: value for name, value in payload.items() if value is not None}
    return jwt.encode(stated, sidecar.api_key if key is None else key, algorithm=algorithm)
