"""The resource API: which commands a request becomes, and which response their replies become."""

from typing import Any

import pytest

from kuberedis_sidecar.api.model import BYTES
from kuberedis_sidecar.errors import ErrorReply
from tests.pure.sidecar.calls import body, commands, content, encode, plan, response

_WRONGTYPE = "WRONGTYPE Operation against a key holding the wrong kind of value"
_LIST = "no such key; a path names one key, not a pattern: list keys with GET"
_MAX_TTL_SECONDS = 2**63 // 1000 - 2**33


@pytest.mark.parametrize(
    ("method", "path", "sent", "expected"),
    [
        ("GET", "/keys/k", b"", (b"GET", b"k")),
        ("HEAD", "/keys/k", b"", (b"GET", b"k")),
        ("GET", "/keys/a%2Fb%20%FF", b"", (b"GET", b"a/b \xff")),
        ("GET", "/keys/", b"", (b"GET", b"")),
        ("DELETE", "/keys/k", b"", (b"DEL", b"k")),
        ("POST", "/keys/k", {"value": "v"}, (b"SET", b"k", b"v")),
        ("POST", "/keys/k", {"value": "é"}, (b"SET", b"k", "é".encode())),
        ("POST", "/keys/k", {"value": ""}, (b"SET", b"k", b"")),
        ("POST", "/keys/k", b'{"value": 1.50}', (b"SET", b"k", b"1.50")),
        ("POST", "/keys/k", b'{"value": 1E400}', (b"SET", b"k", b"1E400")),
        ("POST", "/keys/k", {"value": "/wD+", "encoding": "base64"}, (b"SET", b"k", b"\xff\x00\xfe")),
        ("POST", "/keys/k", {"value": "v", "ttl_seconds": 60}, (b"SET", b"k", b"v", b"EX", b"60")),
        ("POST", "/keys/k?ttl_seconds=5", {"value": "v"}, (b"SET", b"k", b"v", b"EX", b"5")),
        ("POST", "/keys/k?ttl_seconds=5", {"value": "v", "ttl_seconds": 6}, (b"SET", b"k", b"v", b"EX", b"6")),
        ("POST", "/keys/k?_token=t", {"value": "v"}, (b"SET", b"k", b"v")),
        ("POST", "/keys/k", {"value": "v", "ttl_seconds": _MAX_TTL_SECONDS}, (b"SET", b"k", b"v", b"EX", str(_MAX_TTL_SECONDS).encode())),
        ("PUT", "/keys/k", {"value": "v"}, (b"SET", b"k", b"v")),
        ("POST", "/keys/k", {"value": "v", "ttl_seconds": None, "encoding": None}, (b"SET", b"k", b"v")),
        ("POST", "/keys/k?ttl_seconds=5", {"value": "v", "ttl_seconds": None}, (b"SET", b"k", b"v", b"EX", b"5")),
        ("POST", "/keys/k", b'\xef\xbb\xbf{"value": "v"}', (b"SET", b"k", b"v")),
        ("POST", "/keys/k", b'{"value": "a\\ud800"}', (b"SET", b"k", "a\ufffd".encode())),
        ("POST", "/hashes/h", {"field": "f", "value": "v"}, (b"HSET", b"h", b"f", b"v")),
        ("PUT", "/hashes/h", {"field": "f", "value": "v", "encoding": None}, (b"HSET", b"h", b"f", b"v")),
        ("POST", "/hashes/h", b'{"field": "\\udc00", "value": "v"}', (b"HSET", b"h", "\ufffd".encode(), b"v")),
        ("POST", "/hashes/h", b'{"field": 7, "value": 1.0}', (b"HSET", b"h", b"7", b"1.0")),
        ("POST", "/hashes/h", {"field": "/w==", "value": "AA==", "encoding": "base64"}, (b"HSET", b"h", b"\xff", b"\x00")),
        ("GET", "/hashes/h/f", b"", (b"HGET", b"h", b"f")),
        ("HEAD", "/hashes/h/f", b"", (b"HGET", b"h", b"f")),
        ("GET", "/hashes//", b"", (b"HGET", b"", b"")),
        ("POST", "/raw-command", {"command": "PING"}, (b"PING",)),
        ("POST", "/raw-command", {"command": "PING", "args": None, "encoding": None}, (b"PING",)),
        ("POST", "/raw-command", b'{"command": "ECHO", "args": ["\\ud800"]}', (b"ECHO", "\ufffd".encode())),
        ("POST", "/raw-command", {"command": "SET", "args": ["k", True]}, (b"SET", b"k", b"true")),
        ("POST", "/raw-command", b'{"command": "SET", "args": ["k", 1.50]}', (b"SET", b"k", b"1.50")),
        ("POST", "/raw-command", {"command": "SET", "args": ["aw==", "/w==", 1], "encoding": "base64"}, (b"SET", b"k", b"\xff", b"1")),
    ],
)
def test_request_becomes_one_command(method: str, path: str, sent: Any, expected: tuple[bytes, ...]) -> None:
    planned = plan(method, path, sent)
    assert commands(planned) == [expected]
    assert not planned.blocking
    assert not planned.raw


def test_value_that_is_sent_as_bytes_is_stored_as_it_is() -> None:
    assert commands(plan("POST", "/keys/k?ttl_seconds=9", b'{"value"\xff', sends_bytes=True)) == [
        (b"SET", b"k", b'{"value"\xff', b"EX", b"9")
    ]


def test_raw_command_that_may_block_is_marked() -> None:
    assert list(plan("POST", "/raw-command", {"command": "BLPOP", "args": ["k", 0]}).blocking) == [0]


@pytest.mark.parametrize(
    ("path", "sent", "part"),
    [
        ("/keys/k", b"", "not JSON"),
        ("/keys/k", b"{", "not JSON"),
        ("/keys/k", b'{"value": NaN}', "not JSON"),
        ("/keys/k", b'"v"', "must be a JSON object"),
        ("/keys/k", [], "must be a JSON object"),
        ("/keys/k", {}, '"value" is missing'),
        ("/keys/k", {"value": None}, '"value" must be a string or a number'),
        ("/keys/k", {"value": True}, '"value" must be a string or a number'),
        ("/keys/k", {"value": ["v"]}, '"value" must be a string or a number'),
        ("/keys/k", {"value": "v", "ttl": 1}, 'unknown member "ttl"'),
        ("/keys/k", {"value": "v", "ttl_seconds": 0}, "positive integer"),
        ("/keys/k", {"value": "v", "ttl_seconds": -1}, "positive integer"),
        ("/keys/k", {"value": "v", "ttl_seconds": "5"}, "positive integer"),
        ("/keys/k", b'{"value": "v", "ttl_seconds": 5.0}', "positive integer"),
        ("/keys/k", {"value": "v", "ttl_seconds": _MAX_TTL_SECONDS + 1}, "positive integer"),
        ("/keys/k?ttl_seconds=0", {"value": "v"}, "positive integer"),
        ("/keys/k?ttl_seconds", {"value": "v"}, "positive integer"),
        ("/keys/k?ttl=5", {"value": "v"}, "unknown query parameter"),
        ("/keys/k?ttl_seconds=%zz", {"value": "v"}, "%25"),
        ("/keys/k", {"value": "v", "encoding": "hex"}, "encoding must be"),
        ("/keys/k", {"value": "v!", "encoding": "base64"}, "not base64"),
        ("/keys/k", {"value": "/w", "encoding": "base64"}, "not base64"),
        ("/keys/k", {"value": 1, "encoding": "base64"}, "is a number"),
        ("/keys/k", {"value": None, "ttl_seconds": None}, '"value" must be a string or a number'),
        ("/keys/k", {"value": "v", "ttl": None}, 'unknown member "ttl"'),
        ("/hashes/h", {"field": "f"}, '"value" is missing'),
        ("/hashes/h", {"value": "v"}, '"field" is missing'),
        ("/raw-command", {"args": []}, '"command" is missing'),
        ("/raw-command", {"command": ""}, '"command" must be the name'),
        ("/raw-command", {"command": 1}, '"command" must be the name'),
        ("/raw-command", {"command": "GET", "args": "k"}, '"args" must be an array'),
        ("/raw-command", {"command": "GET", "args": [None]}, '"args" must be an array'),
        ("/raw-command", {"command": "GET", "args": [["k"]]}, '"args" must be an array'),
        ("/raw-command", {"command": "SUBSCRIBE", "args": ["c"]}, "not allowed in REST"),
    ],
)
def test_body_that_does_not_fit_is_refused_with_what_to_send(path: str, sent: Any, part: str) -> None:
    status, answer = content(response("POST", path, sent))
    assert status == 400
    assert part in answer["error"]


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("PATCH", "/keys/k", "DELETE, GET, HEAD, POST, PUT"),
        ("GET", "/hashes/h", "POST, PUT"),
        ("POST", "/hashes/h/f", "GET, HEAD"),
        ("GET", "/raw-command", "POST"),
    ],
)
def test_other_methods_are_405_with_those_that_are_allowed(method: str, path: str, allow: str) -> None:
    answer = response(method, path)
    assert answer.status == 405
    assert ("Allow", allow) in answer.headers


@pytest.mark.parametrize(
    ("method", "path", "reply", "expected"),
    [
        ("GET", "/keys/k", b"v", (200, {"key": "k", "value": "v"})),
        ("GET", "/keys/k", b"", (200, {"key": "k", "value": ""})),
        ("GET", "/keys/k", b"\xff", (200, {"key": "k", "value": "/w==", "encoding": "base64"})),
        ("GET", "/keys/%FF", b"v", (200, {"key": "/w==", "key_encoding": "base64", "value": "v"})),
        ("GET", "/keys/k", None, (404, {"error": "no such key"})),
        ("GET", "/keys/a*", None, (404, {"error": f"{_LIST} /keys?match=a*"})),
        ("GET", "/keys/a%3F%5B%2F", None, (404, {"error": f"{_LIST} /keys?match=a%3F%5B%2F"})),
        ("GET", "/keys/k", ErrorReply(_WRONGTYPE), (400, {"error": _WRONGTYPE})),
        ("GET", "/keys/k", ErrorReply("NOPERM no"), (403, {"error": "NOPERM no"})),
        ("GET", "/keys/k", ErrorReply("LOADING soon"), (503, {"error": "LOADING soon"})),
        ("DELETE", "/keys/k", 1, (200, {"deleted": 1})),
        ("DELETE", "/keys/k", 0, (200, {"deleted": 0})),
        ("DELETE", "/keys/k", ErrorReply("READONLY no"), (503, {"error": "READONLY no"})),
        ("GET", "/hashes/h/f", b"v", (200, {"hash": "h", "field": "f", "value": "v"})),
        (
            "GET",
            "/hashes/%FE/%FF",
            b"\x80",
            (
                200,
                {
                    "hash": "/g==",
                    "hash_encoding": "base64",
                    "field": "/w==",
                    "field_encoding": "base64",
                    "value": "gA==",
                    "encoding": "base64",
                },
            ),
        ),
        ("GET", "/hashes/h/f", None, (404, {"error": "no such field"})),
    ],
)
def test_reply_becomes_a_response(method: str, path: str, reply: Any, expected: Any) -> None:
    assert encode(plan(method, path), reply) == expected


@pytest.mark.parametrize(
    ("path", "sent"),
    [("/keys/k", {"value": "v"}), ("/hashes/h", {"field": "f", "value": "v"})],
)
def test_write_is_confirmed_or_its_error_returned(path: str, sent: Any) -> None:
    assert encode(plan("POST", path, sent), b"OK") == (200, {"status": "OK"})
    assert encode(plan("POST", path, sent), ErrorReply("OOM full")) == (507, {"error": "OOM full"})


@pytest.mark.parametrize("path", ["/keys/k", "/hashes/h/f"])
def test_bytes_are_returned_where_they_are_accepted(path: str) -> None:
    answer = plan("GET", path, wants_bytes=True).encode([b"\xff\x00"])
    assert (answer.status, answer.body, answer.content_type) == (200, b"\xff\x00", BYTES)
    assert plan("GET", path, wants_bytes=True).encode([None]).status == 404


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (b"OK", (200, {"result": "OK"})),
        (7, (200, {"result": 7})),
        (None, (200, {"result": None})),
        ([b"a", None, [1]], (200, {"result": ["a", None, [1]]})),
        ([b"a", b"\xff"], (200, {"encoding": "base64", "result": ["YQ==", "/w=="]})),
        ([b"a", ErrorReply("ERR x")], (200, {"result": ["a", {"error": "ERR x"}]})),
        (ErrorReply("ERR x"), (400, {"error": "ERR x"})),
    ],
)
def test_any_reply_of_a_raw_command_is_json(reply: Any, expected: Any) -> None:
    assert encode(plan("POST", "/raw-command", {"command": "PING"}), reply) == expected


def test_large_value_is_encoded_in_pieces() -> None:
    value = b"x" * (3 * 1024 * 1024)
    answer = plan("GET", "/keys/k").encode([value])
    assert answer.pieces is not None
    assert body(answer) == b'{"key":"k","value":"' + value + b'"}'
