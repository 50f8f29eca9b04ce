"""Bearer tokens: JSON Web Tokens signed with the instance's key, as `kuberedis_core.signing` makes them. Nothing here does I/O."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import jwt

from kuberedis_core.acl_rule import InvalidRule, Scope, parse_rule, parse_scope
from kuberedis_core.credentials import InstanceKey, Token
from kuberedis_core.revocations import MAX_ID_LENGTH, is_token_id
from kuberedis_core.signing import ALGORITHM
from kuberedis_sidecar.auth.acl import Grant
from kuberedis_sidecar.errors import TokenError

# The last second of the year 9999; a later expiry is a mistake.
_LATEST = 253402300799


@dataclass(frozen=True, slots=True)
class Terms:
    """What an instance demands of its tokens besides a signature."""

    max_seconds: int | None = None
    """The longest time from the signature of a token (`iat`) to its expiry; None for any."""
    revoked: Collection[str] = frozenset()
    """Ids of tokens that are refused."""


ANY = Terms()


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


def verify(token: Token, key: InstanceKey, instance: str, terms: Terms = ANY) -> Verified:
    """Check a token of an instance against its key.

    Raises:
        TokenError: It is not valid now for this instance.
    """
    try:
        claims = jwt.decode(token, key, algorithms=[ALGORITHM], audience=instance, options={"require": ["aud", "exp"], "strict_aud": True})
    except jwt.PyJWTError as error:
        raise TokenError(_reason(error)) from None
    except (OverflowError, ValueError):
        raise TokenError("exp, nbf and iat must be numbers of seconds since 1970") from None
    # PyJWT takes numbers written as text.
    for problem in (*_no_times(claims), *_broken_terms(claims, terms)):
        raise TokenError(problem)
    return Verified(_grant(claims), float(claims["exp"]))


def explain(token: Token, key: InstanceKey | None, instance: str | None, now: float, terms: Terms = ANY) -> Explanation:
    """The content of a token, and whether it would be accepted.

    Args:
        token: Text of the token.
        key: Key of the instance; without it the signature is not checked.
        instance: Name of the instance; without it the audience is not checked.
        now: Time of the check, in seconds since the epoch.
        terms: What the instance demands besides.
    """
    try:
        decoded = jwt.decode_complete(token, options={"verify_signature": False})
    except jwt.PyJWTError:
        return Explanation({}, {}, ["this is not a JSON Web Token"])
    header, claims = decoded["header"], decoded["payload"]
    problems = [*_claim_problems(header, claims, instance, now), *_broken_terms(claims, terms)]
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
    problems = _no_times(claims)
    for name in ("exp", "nbf", "iat"):
        value = claims.get(name)
        if value is None:
            if name == "exp":
                problems.append("the expiry (exp) is missing; it is required")
        elif not _is_time(value):
            continue
        elif name == "exp" and value <= now:
            problems.append("the token has expired")
        elif name != "exp" and value > now:
            problems.append(f"the token is not valid yet ({name})")
    return problems


def _no_times(claims: Mapping[str, Any]) -> list[str]:
    named = [name for name in ("exp", "nbf", "iat") if claims.get(name) is not None and not _is_time(claims[name])]
    return [f"{name} must be a number of seconds since 1970" for name in named]


def _is_time(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= _LATEST


def _broken_terms(claims: Mapping[str, Any], terms: Terms) -> Iterator[str]:
    token_id = claims.get("jti")
    if token_id is not None and not is_token_id(token_id):
        yield f"the id (jti) must be printable text of 1 to {MAX_ID_LENGTH} characters"
    elif token_id in terms.revoked:
        yield "the token was revoked"
    expires_at: Any = claims.get("exp")
    signed_at: Any = claims.get("iat")
    if terms.max_seconds is None or not _is_time(expires_at):
        return
    if not _is_time(signed_at):
        yield f"the token must say when it was signed (iat): this instance accepts tokens for {terms.max_seconds} seconds at most"
    elif expires_at - signed_at > terms.max_seconds:
        yield f"the token is valid for longer than {terms.max_seconds} seconds, the most that this instance accepts"


def _reason(error: jwt.PyJWTError) -> str:
    for kind, reason in _REASONS:
        if isinstance(error, kind):
            return reason
    return "the token is malformed"


def _grant(claims: Mapping[str, Any]) -> Grant:
    acl = claims.get("acl")
    try:
        scope = parse_scope(claims.get("scope", Scope.WRITE))
        return Grant(scope) if acl is None else Grant(scope, parse_rule(acl))
    except InvalidRule as error:
        raise TokenError(str(error)) from None
