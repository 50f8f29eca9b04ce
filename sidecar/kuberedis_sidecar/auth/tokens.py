"""Bearer tokens: JSON Web Tokens signed with the instance's key.

The algorithm is pinned to HS256 (RFC 7518, section 3.2); the key is the text of ``api_key`` in UTF-8. Nothing here does I/O.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jwt

from kuberedis_core.credentials import InstanceKey, Token
from kuberedis_sidecar.auth.acl import Grant, Scope, parse_rule
from kuberedis_sidecar.errors import TokenError

ALGORITHM = "HS256"

# The last second of the year 9999; a later expiry is a mistake.
_LATEST = 253402300799

# A token that outlives every rotation of its key would be a second key.
MAX_TTL_SECONDS = 366 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Verified:
    """What a valid token grants, and when it expires (seconds since the epoch)."""

    grant: Grant
    expires_at: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """The content of a token, and each reason why it would be refused; without problems it would be accepted."""

    header: Mapping[str, Any]
    claims: Mapping[str, Any]
    problems: list[str]


_REASONS: tuple[tuple[type[jwt.PyJWTError], str], ...] = (
    (jwt.ExpiredSignatureError, "the token has expired"),
    (jwt.ImmatureSignatureError, "the token is not valid yet (nbf or iat)"),
    (jwt.InvalidSignatureError, "the signature is not of this instance's key"),
    (jwt.InvalidAlgorithmError, f"the algorithm must be {ALGORITHM}"),
    (jwt.InvalidAudienceError, "the audience (aud) is another instance"),
    (jwt.MissingRequiredClaimError, "a required claim is missing (aud and exp are required)"),
)


def mint(key: InstanceKey, instance: str, *, ttl_seconds: int, scope: str = "write", acl: str | None = None) -> Token:
    """Sign a token.

    Args:
        key: Key of the instance.
        instance: Name of the instance, which becomes the audience.
        ttl_seconds: Seconds for which the token is valid, 1 to 31,622,400 (366 days).
        scope: ``read``, ``write`` or ``admin``.
        acl: Redis ACL rule that narrows the scope, such as ``~user:* +@read``.

    Raises:
        ValueError: An argument does not fit; the text says what to give (`TokenError` for the scope or the rule).
    """
    if not 0 < ttl_seconds <= MAX_TTL_SECONDS:
        raise ValueError(f"the time to live must be 1 to {MAX_TTL_SECONDS} seconds")
    now = int(time.time())
    claims: dict[str, Any] = {"aud": instance, "iat": now, "exp": now + ttl_seconds, "scope": scope}
    if acl is not None:
        claims["acl"] = acl
    _grant(claims)
    return Token(jwt.encode(claims, key, algorithm=ALGORITHM))


def verify(token: Token, key: InstanceKey, instance: str) -> Verified:
    """Check a token of an instance against its key.

    Raises:
        TokenError: It is not valid now for this instance.
    """
    try:
        claims = jwt.decode(token, key, algorithms=[ALGORITHM], audience=instance, options={"require": ["aud", "exp"], "strict_aud": True})
        expires_at = float(claims["exp"])
        if expires_at > _LATEST:
            raise TokenError("the expiry (exp) is no time")
    except jwt.PyJWTError as error:
        raise TokenError(_reason(error)) from None
    except (OverflowError, ValueError):
        raise TokenError("the expiry (exp) is no time") from None
    return Verified(_grant(claims), expires_at)


def explain(token: Token, key: InstanceKey | None, instance: str | None, now: float) -> Explanation:
    """The content of a token, and whether it would be accepted.

    Args:
        token: Text of the token.
        key: Key of the instance; without it the signature is not checked.
        instance: Name of the instance; without it the audience is not checked.
        now: Time of the check, in seconds since the epoch.
    """
    try:
        decoded = jwt.decode_complete(token, options={"verify_signature": False})
    except jwt.PyJWTError:
        return Explanation({}, {}, ["this is not a JSON Web Token"])
    header, claims = decoded["header"], decoded["payload"]
    problems = list(_claim_problems(header, claims, instance, now))
    if key is not None and header.get("alg") == ALGORITHM:
        try:
            jwt.decode(token, key, algorithms=[ALGORITHM], options=_SIGNATURE_ONLY)
        except jwt.PyJWTError as error:
            problems.append(_reason(error))
    return Explanation(header, claims, problems)


_SIGNATURE_ONLY: Any = {f"verify_{claim}": False for claim in ("exp", "nbf", "iat", "aud", "iss", "sub", "jti")}


def _claim_problems(header: Mapping[str, Any], claims: Mapping[str, Any], instance: str | None, now: float) -> list[str]:
    problems = []
    if header.get("alg") != ALGORITHM:
        problems.append(f"the algorithm must be {ALGORITHM}, and is {header.get('alg')!r}")
    if "aud" not in claims:
        problems.append("the audience (aud) is missing; it must be the instance's name")
    elif not isinstance(claims["aud"], str):
        problems.append("the audience (aud) must be text, the instance's name")
    elif instance is not None and claims["aud"] != instance:
        problems.append(f"the audience (aud) is {claims['aud']!r}, not {instance!r}")
    problems.extend(_time_problems(claims, now))
    try:
        _grant(claims)
    except TokenError as error:
        problems.append(str(error))
    return problems


def _time_problems(claims: Mapping[str, Any], now: float) -> list[str]:
    problems = []
    for name in ("exp", "nbf", "iat"):
        value = claims.get(name)
        if value is None:
            if name == "exp":
                problems.append("the expiry (exp) is missing; it is required")
        elif isinstance(value, bool) or not isinstance(value, int | float) or not -_LATEST < value < _LATEST:
            problems.append(f"{name} must be a number of seconds since 1970")
        elif name == "exp" and value <= now:
            problems.append("the token has expired")
        elif name != "exp" and value > now:
            problems.append(f"the token is not valid yet ({name})")
    return problems


def _reason(error: jwt.PyJWTError) -> str:
    for kind, reason in _REASONS:
        if isinstance(error, kind):
            return reason
    return "the token is malformed"


def _grant(claims: Mapping[str, Any]) -> Grant:
    scope = claims.get("scope", "write")
    if not isinstance(scope, str) or scope not in {known.value for known in Scope}:
        raise TokenError("unknown scope; it is read, write or admin")
    acl = claims.get("acl")
    if acl is None:
        return Grant(Scope(scope))
    if not isinstance(acl, str):
        raise TokenError("the acl claim must be text, a Redis ACL rule such as '~user:* +@read'")
    return Grant(Scope(scope), parse_rule(acl))
