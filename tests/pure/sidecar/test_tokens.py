"""Tokens: what is minted is accepted, and everything else is refused with a reason that reveals nothing."""

import json
import time
from typing import Any

import jwt
import pytest

from kuberedis_core.acl_rule import Scope, parse_rule
from kuberedis_core.credentials import MAX_TTL_SECONDS, InstanceKey, Token
from kuberedis_core.signing import mint
from kuberedis_sidecar.auth.acl import Grant
from kuberedis_sidecar.auth.tokens import Terms, explain, verify
from kuberedis_sidecar.errors import TokenError

_KEY = InstanceKey("k" * 43)
_OTHER_KEY = InstanceKey("o" * 43)
_LONG_KEY = InstanceKey("k" * 64)
_FAR = 4_000_000_000
_NOW = 1_800_000_000.0


def sign(claims: dict[str, Any], key: str = _KEY, algorithm: str = "HS256") -> Token:
    """A token with exactly these claims."""
    return Token(jwt.encode(claims, key, algorithm=algorithm))


def sign_any(claims: dict[str, Any]) -> Token:
    """As `sign`, of claims that PyJWT would not sign."""
    return Token(jwt.PyJWS().encode(json.dumps(claims).encode(), _KEY, algorithm="HS256"))


def claims(**changes: Any) -> dict[str, Any]:
    """The claims of a good token with changes; None removes a claim."""
    merged = {"aud": "cache", "exp": _FAR, **changes}
    return {name: value for name, value in merged.items() if value is not None}


@pytest.mark.parametrize("scope", ["read", "write", "admin"])
@pytest.mark.parametrize("acl", [None, "~user:* +@read"])
def test_minted_token_is_accepted_with_its_grant(scope: str, acl: str | None) -> None:
    token = mint(_KEY, "cache", ttl_seconds=60, scope=scope, acl=acl)
    verified = verify(token, _KEY, "cache")
    assert verified.grant == (Grant(Scope(scope)) if acl is None else Grant(Scope(scope), parse_rule(acl)))
    assert explain(token, _KEY, "cache", verified.expires_at - 30).problems == []
    assert explain(token, _KEY, "cache", verified.expires_at).problems == ["the token has expired"]


@pytest.mark.parametrize(
    "arguments",
    [{"ttl_seconds": 0}, {"ttl_seconds": -1}, {"ttl_seconds": MAX_TTL_SECONDS + 1}, {"scope": "root"}, {"acl": ""}, {"acl": "on"}],
)
def test_token_that_would_be_refused_is_not_minted(arguments: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"time to live|scope|acl claim"):
        mint(_KEY, "cache", **{"ttl_seconds": 60, **arguments})


def test_token_says_whom_it_is_for() -> None:
    token = mint(_KEY, "cache", ttl_seconds=60, subject="alice@example.com")
    assert verify(token, _KEY, "cache").grant == Grant(Scope.WRITE)
    assert explain(token, _KEY, "cache", time.time()).claims["sub"] == "alice@example.com"


def test_scope_is_write_unless_it_is_claimed() -> None:
    assert verify(sign(claims()), _KEY, "cache").grant == Grant(Scope.WRITE)


_REFUSED: list[tuple[Token, str]] = [
    (sign(claims(), _OTHER_KEY), "the signature is not of this instance's key"),
    (sign(claims(), _LONG_KEY, algorithm="HS512"), "the algorithm must be HS256"),
    (Token(jwt.encode(claims(), "", algorithm="none")), "the algorithm must be HS256"),
    (sign(claims(aud="other")), "the audience (aud) is another instance"),
    (sign(claims(aud=["cache"])), "the audience (aud) is another instance"),
    (sign(claims(aud=None)), "a required claim is missing (aud and exp are required)"),
    (sign(claims(exp=None)), "a required claim is missing (aud and exp are required)"),
    (sign(claims(exp=1)), "the token has expired"),
    (sign(claims(exp=10**15)), "exp must be a number of seconds since 1970"),
    (sign_any(claims(exp=10**400)), "exp must be a number of seconds since 1970"),
    (sign_any(claims(exp=str(_FAR))), "exp must be a number of seconds since 1970"),
    (sign_any(claims(exp=float("inf"))), "the token is malformed"),
    (sign_any(claims(exp=float("nan"))), "the token is malformed"),
    (sign_any(claims(nbf="1")), "nbf must be a number of seconds since 1970"),
    (sign_any(claims(iat="1")), "iat must be a number of seconds since 1970"),
    (sign(claims(jti="")), "the id (jti) must be printable text of 1 to 256 characters"),
    (sign(claims(jti="a\nb")), "the id (jti) must be printable text of 1 to 256 characters"),
    (sign(claims(jti="a" * 257)), "the id (jti) must be printable text of 1 to 256 characters"),
    (sign_any(claims(jti=7)), "the token is malformed"),
    (sign(claims(nbf=_FAR)), "the token is not valid yet (nbf or iat)"),
    (sign(claims(iat=_FAR)), "the token is not valid yet (nbf or iat)"),
    (sign(claims(scope="root")), "unknown scope; it is read, write or admin"),
    (sign(claims(scope=["read"])), "unknown scope; it is read, write or admin"),
    (sign(claims(acl=7)), "the acl claim must be text, a Redis ACL rule such as '~user:* +@read'"),
    (sign(claims(acl="")), "the acl claim is empty; leave it out, or write a rule such as '~user:* +@read'"),
    (Token("a.b.c"), "the token is malformed"),
]


@pytest.mark.parametrize(("token", "reason"), _REFUSED, ids=range(len(_REFUSED)))
def test_token_is_refused_with_a_reason(token: Token, reason: str) -> None:
    with pytest.raises(TokenError) as refusal:
        verify(token, _KEY, "cache")
    assert str(refusal.value) == reason
    assert explain(token, _KEY, "cache", _NOW).problems


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"aud": None}, "the audience (aud) is missing; it must be the instance's name"),
        ({"aud": ["cache"]}, "the audience (aud) must be text, the instance's name"),
        ({"aud": "other"}, "the audience (aud) is 'other', not 'cache'"),
        ({"exp": None}, "the expiry (exp) is missing; it is required"),
        ({"exp": "soon"}, "exp must be a number of seconds since 1970"),
        ({"exp": True}, "exp must be a number of seconds since 1970"),
        ({"exp": 1}, "the token has expired"),
        ({"nbf": _FAR}, "the token is not valid yet (nbf)"),
        ({"iat": _FAR}, "the token is not valid yet (iat)"),
        ({"scope": "root"}, "unknown scope; it is read, write or admin"),
        ({"acl": 7}, "the acl claim must be text, a Redis ACL rule such as '~user:* +@read'"),
    ],
)
def test_explanation_names_each_problem(changes: dict[str, Any], problem: str) -> None:
    assert explain(sign_any(claims(**changes)), _KEY, "cache", _NOW).problems == [problem]


def test_explanation_without_key_and_instance_checks_neither() -> None:
    assert explain(sign(claims(aud="other"), _OTHER_KEY), None, None, _NOW).problems == []
    assert explain(sign(claims(), _OTHER_KEY), _KEY, "cache", _NOW).problems == ["the signature is not of this instance's key"]
    assert explain(Token("no token"), _KEY, "cache", _NOW).problems == ["this is not a JSON Web Token"]


_TERMS = Terms(max_seconds=60, revoked={"gone"})


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        (
            {"iat": 1_700_000_000, "exp": 1_700_000_061},
            "the token is valid for longer than 60 seconds, the most that this instance accepts",
        ),
        ({"iat": 1_700_000_000.5, "exp": _FAR}, "the token is valid for longer than 60 seconds, the most that this instance accepts"),
        ({"iat": -1, "exp": _FAR}, "the token is valid for longer than 60 seconds, the most that this instance accepts"),
        ({}, "the token must say when it was signed (iat): this instance accepts tokens for 60 seconds at most"),
        ({"jti": "gone"}, "the token was revoked"),
    ],
)
def test_terms_of_an_instance_are_demanded(changes: dict[str, Any], problem: str) -> None:
    token = sign(claims(**changes))
    assert problem in explain(token, _KEY, "cache", 1_700_000_001, _TERMS).problems
    assert problem not in explain(token, _KEY, "cache", 1_700_000_001).problems


def test_minted_token_is_accepted_within_the_terms() -> None:
    token = mint(_KEY, "cache", ttl_seconds=60)
    assert verify(token, _KEY, "cache", _TERMS).grant == Grant(Scope.WRITE)
    assert explain(token, _KEY, "cache", time.time() + 1, _TERMS).problems == []
    with pytest.raises(TokenError, match="longer than 60 seconds"):
        verify(mint(_KEY, "cache", ttl_seconds=61), _KEY, "cache", _TERMS)


def test_each_minted_token_has_an_id_of_its_own() -> None:
    ids = {jwt.decode(mint(_KEY, "cache", ttl_seconds=60), options={"verify_signature": False})["jti"] for _ in range(100)}
    assert len(ids) == 100
