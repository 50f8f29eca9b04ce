"""What `kuberedis token inspect` says of a token."""

import time
from pathlib import Path
from typing import Any

import jwt
import pytest

from kuberedis_cli.cluster.options import Access
from kuberedis_cli.places import Place
from kuberedis_cli.token import report
from kuberedis_cli.token.key_source import KeySource
from kuberedis_core.credentials import InstanceKey, Token
from kuberedis_core.instance_secret import Signing
from kuberedis_core.reach import Reach

KEY = InstanceKey("k" * 43)


def token(**claims: Any) -> Token:
    return Token(jwt.encode({"aud": "cache", "exp": int(time.time()) + 3600, **claims}, KEY, algorithm="HS256"))


@pytest.mark.parametrize(
    ("claims", "reach"),
    [
        ({}, Reach("all commands but administration", ["*"], ["*"])),
        ({"scope": "read"}, Reach("commands that only read", ["*"], ["*"])),
        ({"acl": "+get"}, Reach("all commands but administration, narrowed to +get", ["*"], ["*"])),
        ({"scope": "read", "acl": "~user:*"}, Reach("commands that only read", ["user:*"], [])),
        (
            {"acl": "~a:* %R~b:* &news +get"},
            Reach("all commands but administration, narrowed to +get", ["a:*", "%R~b:*"], ["news"]),
        ),
    ],
)
def test_a_good_token_says_what_it_reaches(claims: dict[str, Any], reach: Reach) -> None:
    found = report.make(token(**claims), Signing((KEY,)), "cache")
    assert (found.accepted, found.problems, found.signature_checked) == (True, [], True)
    assert found.reach == reach
    assert found.expires_in_seconds is not None
    assert 3590 <= found.expires_in_seconds <= 3600


@pytest.mark.parametrize(
    "claims", [{"scope": "root"}, {"scope": ["read"]}, {"acl": "+@all nonsense"}, {"acl": 7}, {"acl": ["~a"]}, {"acl": None, "scope": None}]
)
def test_a_token_that_the_sidecar_would_refuse_reaches_nothing(claims: dict[str, Any]) -> None:
    found = report.make(token(**claims), Signing((KEY,)), "cache")
    assert found.problems
    assert found.reach is None


def test_a_token_of_another_instance_is_refused() -> None:
    assert not report.make(token(), Signing((KEY,)), "other").accepted


def test_without_a_key_the_signature_is_not_checked() -> None:
    found = report.make(token(), None, None)
    assert (found.accepted, found.signature_checked) == (True, False)


@pytest.mark.parametrize("text", ["", "nonsense", "a.b.c"])
def test_a_text_that_is_no_token_is_refused(text: str) -> None:
    found = report.make(Token(text), None, None)
    assert not found.accepted
    assert found.reach is None


@pytest.mark.parametrize("name", ["cache", "../cache", "", 7, None])
def test_the_key_of_the_named_instance_is_found_and_nothing_outside_of_the_data_folder(name: object, tmp_path: Path) -> None:
    for folder in (tmp_path / "data/cache/auth", tmp_path / "cache/auth"):
        folder.mkdir(parents=True, mode=0o700)
        (folder / "api_key").touch(mode=0o600)
        (folder / "api_key").write_text(KEY)
    source = KeySource(Place(tmp_path / "data", Access(None, None, None)))
    found = report.find_signing(token(aud=name) if name is not None else token(), None, source)
    assert found == (Signing((KEY,)) if name in ("cache", None) else None)


def test_terms_and_the_previous_key_count() -> None:
    signing = Signing((InstanceKey("n" * 43), KEY), max_token_seconds=3600, revoked="gone 9999999999\n")
    signed_at = int(time.time())
    assert report.make(token(iat=signed_at), signing, "cache").accepted
    assert report.make(token(iat=signed_at, jti="gone"), signing, "cache").problems == ["the token was revoked"]
    assert not report.make(token(iat=signed_at - 10), signing, "cache").accepted
