"""Tokens: what is minted is accepted, and everything else is refused with a reason that reveals nothing."""

from typing import Any

import jwt
import pytest

from kuberedis_core.credentials import InstanceKey, Token
from kuberedis_sidecar.auth.acl import Grant, Scope, parse_rule
from kuberedis_sidecar.auth.tokens import MAX_TTL_SECONDS, explain, mint, verify
from kuberedis_sidecar.errors import TokenError

_KEY = InstanceKey("k" * 43)
_OTHER_KEY = InstanceKey("o" * 43)
_LONG_KEY = InstanceKey("k" * 64)
_FAR = 4_000_000_000
_NOW = 1_800_000_000.0


def sign(claims: dict[str, Any], key: str = _KEY, algorithm: str = "HS256") -> Token:
    """A token with exactly these claims."""
    return Token(jwt.encode(claims, key, algorithm=algorithm))


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


def test_scope_is_write_unless_it_is_claimed() -> None:
    assert verify(sign(claims()), _KEY, "cache").grant == Grant(Scope.WRITE)


_REFUSED: list[tuple[Token, str]] = [
    (sign(claims(), _OTHER_KEY), "the signature is not of this instance's key"),
    (sign(claims(), _LONG_KEY, algorithm="HS512"), "the algorithm must be HS256"),
    (Token(jwt.encode(claims(), None, algorithm="none")), "the algorithm must be HS256"),
    (sign(claims(aud="other")), "the audience (aud) is another instance"),
    (sign(claims(aud=["cache"])), "the audience (aud) is another instance"),
    (sign(claims(aud=None)), "a required claim is missing (aud and exp are required)"),
    (sign(claims(exp=None)), "a required claim is missing (aud and exp are required)"),
    (sign(claims(exp=1)), "the token has expired"),
    (sign(claims(exp=10**15)), "the expiry (exp) is no time"),
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
    # PyJWT does not sign an `exp` that is no number, so its claims are signed as plain bytes.
    token = Token(jwt.PyJWS().encode(jwt.PyJWT()._encode_payload(claims(**changes)), _KEY, algorithm="HS256"))  # noqa: SLF001
    assert explain(token, _KEY, "cache", _NOW).problems == [problem]


def test_explanation_without_key_and_instance_checks_neither() -> None:
    assert explain(sign(claims(aud="other"), _OTHER_KEY), None, None, _NOW).problems == []
    assert explain(sign(claims(), _OTHER_KEY), _KEY, "cache", _NOW).problems == ["the signature is not of this instance's key"]
    assert explain(Token("no token"), _KEY, "cache", _NOW).problems == ["this is not a JSON Web Token"]
