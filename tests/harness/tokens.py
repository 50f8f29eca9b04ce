"""Tokens minted with PyJWT directly, as an application's own code would: the gateway's minting is not trusted here."""

import time
from typing import Any

import jwt

from tests.harness.sidecar import Sidecar


def mint_token(sidecar: Sidecar, *, key: str | None = None, algorithm: str = "HS256", **claims: Any) -> str:
    """A JWT that `sidecar` accepts for a minute; each of `claims` is added or replaces a default, `None` removes it.

    Args:
        sidecar: sidecar that accepts the token; its instance name is the audience, its key the default to sign with.
        key: key to sign with.
        algorithm: algorithm to sign with.
        claims: claims to add or replace, for example `scope="read"`, `acl="~user:* +@read"`, `exp=None`.
    """
    payload = {"aud": sidecar.instance, "exp": int(time.time()) + 60} | claims
    stated = {name: value for name, value in payload.items() if value is not None}
    return jwt.encode(stated, sidecar.api_key if key is None else key, algorithm=algorithm)
