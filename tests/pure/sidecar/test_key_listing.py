"""``GET /keys``: which SCAN it becomes, and what its reply becomes."""

from typing import Any

import pytest

from kuberedis_sidecar.errors import ErrorReply
from tests.pure.sidecar.calls import body, commands, content, encode, plan, response


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", (b"SCAN", b"0", b"COUNT", b"100")),
        ("?match=user:*&cursor=0&count=100", (b"SCAN", b"0", b"MATCH", b"user:*", b"COUNT", b"100")),
        ("?count=1000&match=%FF%2F%3F", (b"SCAN", b"0", b"MATCH", b"\xff/?", b"COUNT", b"1000")),
        ("?match=", (b"SCAN", b"0", b"COUNT", b"100")),
        ("?cursor=18446744073709551615", (b"SCAN", b"18446744073709551615", b"COUNT", b"100")),
        ("?_token=t", (b"SCAN", b"0", b"COUNT", b"100")),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_query_becomes_one_step_of_scan(method: str, query: str, expected: tuple[bytes, ...]) -> None:
    planned = plan(method, f"/keys{query}")
    assert commands(planned) == [expected]
    assert not planned.blocking


@pytest.mark.parametrize(
    ("query", "part"),
    [
        ("cursor=", "cursor must be"),
        ("cursor=x", "cursor must be"),
        ("cursor=-1", "cursor must be"),
        ("cursor=18446744073709551616", "cursor must be"),
        ("cursor=%C2%B2", "cursor must be"),
        ("count=0", "from 1 to 1000"),
        ("count=1001", "from 1 to 1000"),
        ("count=1.5", "from 1 to 1000"),
        ("count", "from 1 to 1000"),
        ("pattern=a", "unknown query parameter"),
        ("match=%zz", "%25"),
    ],
)
def test_query_that_does_not_fit_is_refused(query: str, part: str) -> None:
    status, answer = content(response("GET", f"/keys?{query}"))
    assert status == 400
    assert part in answer["error"]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_list_of_keys_is_only_read(method: str) -> None:
    answer = response(method, "/keys")
    assert answer.status == 405
    assert ("Allow", "GET, HEAD") in answer.headers


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ([b"0", []], (200, {"cursor": "0", "keys": []})),
        ([b"18446744073709551615", [b"a", b"OK", b""]], (200, {"cursor": "18446744073709551615", "keys": ["a", "OK", ""]})),
        ([b"7", [b"a", b"\xff"]], (200, {"cursor": "7", "encoding": "base64", "keys": ["YQ==", "/w=="]})),
        (ErrorReply("LOADING soon"), (503, {"error": "LOADING soon"})),
    ],
)
def test_reply_becomes_a_cursor_and_keys(reply: Any, expected: Any) -> None:
    assert encode(plan("GET", "/keys"), reply) == expected


def test_credential_that_may_not_scan_is_told_why() -> None:
    status, answer = encode(plan("GET", "/keys"), ErrorReply("NOPERM this user has no permissions to run the 'scan' command"))
    assert status == 403
    assert answer["error"].startswith("NOPERM ")
    assert "a token with key patterns" in answer["error"]


def test_many_keys_are_encoded_in_pieces() -> None:
    keys = [b"key:%d" % number for number in range(20_000)]
    answer = plan("GET", "/keys").encode([[b"0", keys]])
    assert answer.pieces is not None
    assert body(answer).startswith(b'{"cursor":"0","keys":["key:0","key:1"')
