"""Signs tokens of an instance.

A token is a JSON Web Token. The algorithm is pinned to HS256 (RFC 7518, section 3.2); the key is the text of ``api_key`` in UTF-8.
"""

from __future__ import annotations

import secrets
import time
from typing import Any

import jwt

from kuberedis_core.acl_rule import parse_rule, parse_scope
from kuberedis_core.credentials import MAX_TTL_SECONDS, InstanceKey, Token

ALGORITHM = "HS256"

_ID_BYTES = 12


def mint(
    key: InstanceKey, instance: str, *, ttl_seconds: int, scope: str = "write", acl: str | None = None, subject: str | None = None
) -> Token:
    """Sign a token, with an id by which it can be revoked.

    Args:
        key: Key of the instance.
        instance: Name of the instance, which becomes the audience.
        ttl_seconds: Seconds for which the token is valid, 1 to 31,622,400 (366 days).
        scope: ``read``, ``write`` or ``admin``.
        acl: Redis ACL rule that narrows the scope, such as ``~user:* +@read``.
        subject: Who it is for, which the instance notes and does not check.

    Raises:
        ValueError: An argument does not fit; the text says what to give (`InvalidRule` for the scope or the rule).
    """
    if not 0 < ttl_seconds <= MAX_TTL_SECONDS:
        raise ValueError(f"the time to live must be 1 to {MAX_TTL_SECONDS} seconds")
    now = int(time.time())
    claims: dict[str, Any] = {"aud": instance, "iat": now, "exp": now + ttl_seconds, "jti": secrets.token_hex(_ID_BYTES)}
    claims["scope"] = parse_scope(scope).value
    if subject is not None:
        claims["sub"] = subject
    if acl is not None:
        parse_rule(acl)
        claims["acl"] = acl
    return Token(jwt.encode(claims, key, algorithm=ALGORITHM))
