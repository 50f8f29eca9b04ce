"""The pages of the key and of a token: what they say, what they refuse, and that no secret is where nobody asked for it."""

import shlex
from datetime import UTC, datetime
from typing import Any

import pytest

from kuberedis_core.acl_rule import Scope
from kuberedis_core.credentials import Token
from kuberedis_dashboard.views.keys import env_lines, revealed, rotation_of, rotation_patch, url_of
from kuberedis_dashboard.views.token_form import TokenForm, TokenRequest, checked, form_of, usual_form
from kuberedis_dashboard.views.tokens import minted

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
URL = "https://redis.example.com/instances/cache"
HANDLED = {"request": "1", "rotatedAt": "2026-01-01T11:50:00Z", "previousKeyExpiresAt": "2026-01-01T12:50:00Z"}


def instance(asked: str | None = None, **rotation: str) -> dict[str, Any]:
    """An instance with a request for a new key, and what its status says of that."""
    annotations = {} if asked is None else {"cache.yourcompany.com/rotate-key": asked}
    return {"metadata": {"name": "cache", "annotations": annotations}, "status": {"keyRotation": rotation}}


@pytest.mark.parametrize(
    ("body", "pending", "rotated", "seconds"),
    [
        (instance(), False, "", 0),
        (instance("1"), True, "", 0),
        (instance("1", **HANDLED), False, "10m", 3000),
        (instance("2", **HANDLED), True, "10m", 3000),
        (instance("1", **{**HANDLED, "previousKeyExpiresAt": "2026-01-01T11:59:59Z"}), False, "10m", 0),
        (instance("1", **{**HANDLED, "previousKeyExpiresAt": "soon"}), False, "10m", 0),
    ],
)
def test_rotation_is_shown_while_the_old_key_is_valid(body: dict[str, Any], pending: bool, rotated: str, seconds: int) -> None:
    found = rotation_of(body, NOW)
    assert (found.is_pending, found.rotated, found.old_key_seconds) == (pending, rotated, seconds)
    assert bool(found.old_key_until) is (seconds > 0)


def test_only_offered_grace_periods_are_requested() -> None:
    annotations = rotation_patch("2", "1h")["metadata"]["annotations"]
    assert set(annotations.values()) == {"2", "1h"}
    with pytest.raises(ValueError, match="how long"):
        rotation_patch("2", "2562047h")


@pytest.mark.parametrize("credential", ["a" * 43, "a'b$(c)`d`\"e\\", "a#b", "a=b"])
def test_env_lines_are_what_a_shell_reads(credential: str) -> None:
    lines = dict(shlex.split(line)[0].split("=", 1) for line in env_lines(URL, credential).splitlines())
    assert lines == {"UPSTASH_REDIS_REST_URL": URL, "UPSTASH_REDIS_REST_TOKEN": credential}


@pytest.mark.parametrize(("url", "shown"), [(URL, URL), ("javascript:alert(1)", ""), ("", ""), ("https://a\x1b", "https://a\\x1b")])
def test_only_a_url_of_http_is_shown(url: str, shown: str) -> None:
    assert url_of({"status": {"url": url}}) == shown


@pytest.mark.parametrize(
    ("sent", "request_"),
    [
        ({}, TokenRequest(Scope.READ, None, 3600)),
        (
            {"scope": "write", "prefixes": "user:\r\n cart:* \r\n", "number": "2", "unit": "days"},
            TokenRequest(Scope.WRITE, "~user:* ~cart:*", 172_800),
        ),
        ({"prefixes": "a[1]?"}, TokenRequest(Scope.READ, r"~a\[1]\?*", 3600)),
        ({"prefixes": "*"}, TokenRequest(Scope.READ, None, 3600)),
    ],
)
def test_form_is_a_request(sent: dict[str, str], request_: TokenRequest) -> None:
    assert checked(form_of(sent), None).request == request_


@pytest.mark.parametrize(
    ("sent", "field", "words"),
    [
        ({"scope": "root"}, "scope", "Choose"),
        ({"prefixes": "a b"}, "prefixes", "has a space"),
        ({"prefixes": "a\x1b"}, "prefixes", "printed"),
        ({"prefixes": "\n".join("abcdefghijklmnopqrstuvwxyz0123456789")}, "prefixes", "at most 32"),
        ({"prefixes": "k" * 3000}, "prefixes", "2,048"),
        ({"number": "0"}, "number", "1 or more"),
        ({"number": "-1"}, "number", "1 or more"),
        ({"number": "9" * 16}, "number", "1 or more"),
        ({"number": "2", "unit": "hours"}, "number", "3600 seconds at most"),
        ({"unit": "years"}, "number", "Choose"),
    ],
)
def test_what_cannot_be_signed_is_refused_at_its_field(sent: dict[str, str], field: str, words: str) -> None:
    found = checked(form_of(sent), 3600)
    assert found.request is None
    assert list(found.errors) == [field]
    assert words in found.errors[field]


@pytest.mark.parametrize(("longest", "number", "unit"), [(None, "1", "hours"), (600, "10", "minutes"), (45, "45", "seconds")])
def test_usual_lifetime_fits_the_instance(longest: int | None, number: str, unit: str) -> None:
    form = usual_form(longest)
    assert (form.number, form.unit) == (number, unit)
    assert checked(form, longest).request is not None
    assert usual_form(None) == TokenForm()


def test_token_is_shown_with_what_it_reaches_and_code_that_it_permits() -> None:
    found = minted(Token("aaa.bbb.ccc"), TokenRequest(Scope.WRITE, r"~a\[1:*", 60), URL, NOW)
    assert (found.expires, found.reach.keys, found.reach.channels) == ("2026-01-01T12:01:00Z", [r"a\[1:*"], [])
    code = {snippet.language: snippet.code for snippet in found.snippets}
    assert shlex.split(code["curl"])[-1] == '["SET", "a[1:1", "hello"]'
    assert 'redis.set("a[1:1", "hello")' in code["Python"]
    assert '["SET", "a[1:1", "hello"]' in code["JavaScript"]
    assert all("aaa.bbb.ccc" in text for text in code.values())


def test_a_secret_is_in_no_representation() -> None:
    token = minted(Token("aaa.bbb.ccc"), TokenRequest(Scope.READ, None, 60), URL, NOW)
    assert "aaa.bbb" not in f"{token!r} {token.snippets!r}"
    assert "k" * 43 not in repr(revealed("k" * 43, URL))
