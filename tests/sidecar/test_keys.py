"""The resource API's keys: `POST`, `GET` and `DELETE` of `/keys/{key}`."""

import base64
import json

import pytest

from tests.harness.redis_server import RedisServer
from tests.sidecar.calls import Caller, segment

pytestmark = pytest.mark.usefixtures("flushed")

EVERY_BYTE = bytes(range(256))
OCTETS = "application/octet-stream"
KEYS = [
    b"user:123",
    b"",
    b" ",
    b"a/b",
    b"/",
    b"//a//",
    b".",
    b"..",
    b"a?b#c",
    b"100%",
    b"%41",
    b"a+b",
    "ключ 🔑".encode(),
    b"\xff\x00\r\n",
    EVERY_BYTE,
]


def post(call: Caller, key: str, **members: object) -> int:
    return call("POST", f"/keys/{key}", json.dumps(members).encode()).status


def test_value_comes_back_as_it_was_set(call: Caller) -> None:
    stored = call("POST", "/keys/mykey", b'{"value": "some_value"}')
    found = call("GET", "/keys/mykey")
    assert (stored.status, stored.json()) == (200, {"status": "OK"})
    assert (found.status, found.json()) == (200, {"key": "mykey", "value": "some_value"})


def test_body_is_read_as_json_whatever_its_declared_type(call: Caller, redis_server: RedisServer) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert call("POST", "/keys/k", b'{"value": "a=b&c"}', form).json() == {"status": "OK"}
    assert redis_server.client().get("k") == b"a=b&c"


@pytest.mark.every_server
def test_ttl_makes_the_key_expire(call: Caller, redis_server: RedisServer) -> None:
    assert post(call, "k", value="v", ttl_seconds=60) == 200
    assert 0 < redis_server.client().pttl("k") <= 60_000


def test_setting_without_ttl_removes_the_expiry(call: Caller, redis_server: RedisServer) -> None:
    redis_server.client().set("k", "old", ex=60)
    assert post(call, "k", value="new") == 200
    assert redis_server.client().ttl("k") == -1


def test_missing_key_is_not_found(call: Caller) -> None:
    answer = call("GET", "/keys/nobody")
    assert (answer.status, answer.error()) == (404, "no such key")


def test_empty_value_is_not_a_missing_one(call: Caller) -> None:
    assert post(call, "k", value="") == 200
    assert call("GET", "/keys/k").json() == {"key": "k", "value": ""}


def test_deleting_returns_the_number_of_deleted_keys(call: Caller, redis_server: RedisServer) -> None:
    redis_server.client().set("k", "v")
    first, second = call("DELETE", "/keys/k"), call("DELETE", "/keys/k")
    assert [(first.status, first.json()), (second.status, second.json())] == [(200, {"deleted": 1}), (200, {"deleted": 0})]


@pytest.mark.parametrize("key", KEYS)
def test_any_key_can_be_written_in_the_url(call: Caller, redis_server: RedisServer, key: bytes) -> None:
    path = f"/keys/{segment(key)}"
    assert call("POST", path, b'{"value": "v"}').json() == {"status": "OK"}
    assert redis_server.client().keys() == [key]
    found = call("GET", path).json()
    assert found.pop("value") == "v"
    if found.pop("key_encoding", None) == "base64":
        assert base64.b64decode(found.pop("key")) == key
    else:
        assert found.pop("key").encode() == key
    assert found == {}
    assert call("DELETE", path).json() == {"deleted": 1}


@pytest.mark.parametrize("key", ["..", ".", "a+b"])
def test_key_that_is_legal_in_a_path_is_read_as_written(call: Caller, redis_server: RedisServer, key: str) -> None:
    assert call("POST", f"/keys/{key}", b'{"value": "v"}').status == 200
    assert redis_server.client().keys() == [key.encode()]


@pytest.mark.parametrize(
    ("method", "body", "stored"),
    [
        ("PUT", b'{"value": "v"}', b"v"),
        ("POST", b'{"value": "v", "ttl_seconds": null, "encoding": null}', b"v"),
        ("POST", b'\xef\xbb\xbf{"value": "v"}', b"v"),
        ("POST", b'\xef\xbb\xbf{"value": 1.50}', b"1.50"),
        ("POST", b'{"value": "a\\ud800\\ud83d\\ude00"}', "a\ufffd\U0001f600".encode()),
    ],
)
def test_what_clients_of_other_languages_send_is_understood(
    call: Caller, redis_server: RedisServer, method: str, body: bytes, stored: bytes
) -> None:
    assert call(method, "/keys/k", body).json() == {"status": "OK"}
    assert redis_server.client().get("k") == stored
    assert redis_server.client().ttl("k") == -1


def test_slash_that_is_not_encoded_is_explained(call: Caller, redis_server: RedisServer) -> None:
    answer = call("POST", "/keys/a/b", b'{"value": "v"}')
    assert answer.status == 404
    assert "%2F" in answer.error()
    assert redis_server.client().dbsize() == 0


@pytest.mark.parametrize("path", ["/keys/a%", "/keys/a%4", "/keys/a%zz"])
def test_path_that_names_no_key_is_refused(call: Caller, path: str) -> None:
    answer = call("GET", path)
    assert answer.status == 400
    assert answer.error()


@pytest.mark.parametrize("literal", ["0", "-1", "1.50", "1e+21", "1E5", "9007199254740993", "-0", "0.1000", "1" * 400])
def test_number_is_stored_as_it_was_written(call: Caller, redis_server: RedisServer, literal: str) -> None:
    assert call("POST", "/keys/k", b'{"value": %b}' % literal.encode()).status == 200
    assert redis_server.client().get("k") == literal.encode()


@pytest.mark.parametrize(
    ("body", "part"),
    [
        (b"", "JSON"),
        (b"value", "JSON"),
        (b'{"value": "v"', "JSON"),
        (b'{"value": "\xff"}', "JSON"),
        (b'{"value": NaN}', "JSON"),
        (b"[" * 50_000, "JSON"),
        (b'["value"]', "object"),
        (b'"v"', "object"),
        (b"{}", "value"),
        (b'{"value": null}', "value"),
        (b'{"value": true}', "value"),
        (b'{"value": ["v"]}', "value"),
        (b'{"value": {"a": 1}}', "value"),
        (b'{"value": "v", "ttl": 60}', "ttl"),
        (b'{"value": "v", "ttl_seconds": 0}', "ttl_seconds"),
        (b'{"value": "v", "ttl_seconds": -1}', "ttl_seconds"),
        (b'{"value": "v", "ttl_seconds": 1.5}', "ttl_seconds"),
        (b'{"value": "v", "ttl_seconds": 60.0}', "ttl_seconds"),
        (b'{"value": "v", "ttl_seconds": 1e2}', "ttl_seconds"),
        (b'{"value": "v", "ttl_seconds": "60"}', "ttl_seconds"),
        (b'{"value": "v", "ttl_seconds": true}', "ttl_seconds"),
        (b'{"value": "v", "ttl_seconds": 99999999999999999999}', "ttl_seconds"),
        (b'{"value": "v", "encoding": "hex"}', "encoding"),
        (b'{"value": "v!", "encoding": "base64"}', "base64"),
        (b'{"value": "dg", "encoding": "base64"}', "base64"),
        (b'{"value": "d\\ng==", "encoding": "base64"}', "base64"),
        ('{"value": "é", "encoding": "base64"}'.encode(), "base64"),
    ],
)
def test_body_that_does_not_fit_is_refused_with_what_to_send(call: Caller, redis_server: RedisServer, body: bytes, part: str) -> None:
    answer = call("POST", "/keys/k", body)
    assert answer.status == 400
    assert part in answer.error()
    assert redis_server.client().dbsize() == 0


def test_value_that_is_not_utf8_travels_as_base64_and_says_so(call: Caller, redis_server: RedisServer) -> None:
    encoded = base64.b64encode(EVERY_BYTE).decode()
    assert post(call, "k", value=encoded, encoding="base64") == 200
    assert redis_server.client().get("k") == EVERY_BYTE
    assert call("GET", "/keys/k").json() == {"key": "k", "value": encoded, "encoding": "base64"}


def test_base64_of_text_comes_back_as_text(call: Caller) -> None:
    assert post(call, "k", value="dGV4dA==", encoding="base64") == 200
    assert call("GET", "/keys/k").json() == {"key": "k", "value": "text"}


@pytest.mark.parametrize("value", [EVERY_BYTE, b"", b'{"value": "v"}', b"\r\n", b"x" * 1_000_000])
def test_raw_bytes_go_in_and_out_untouched(call: Caller, redis_server: RedisServer, value: bytes) -> None:
    stored = call("POST", "/keys/k", value, {"Content-Type": OCTETS})
    assert stored.json() == {"status": "OK"}
    assert redis_server.client().get("k") == value
    found = call("GET", "/keys/k", headers={"Accept": OCTETS})
    assert (found.status, found.headers.get_content_type(), found.body) == (200, OCTETS, value)


def test_raw_bytes_take_their_ttl_from_the_query(call: Caller, redis_server: RedisServer) -> None:
    assert call("POST", "/keys/k?ttl_seconds=60", b"v", {"Content-Type": OCTETS}).status == 200
    assert 0 < redis_server.client().ttl("k") <= 60


@pytest.mark.parametrize("query", ["ttl_seconds=0", "ttl_seconds=", "ttl_seconds", "ttl_seconds=1.5", "ttl=60"])
def test_query_beside_raw_bytes_that_does_not_fit_is_refused(call: Caller, redis_server: RedisServer, query: str) -> None:
    answer = call("POST", f"/keys/k?{query}", b"v", {"Content-Type": OCTETS})
    assert answer.status == 400
    assert "ttl_seconds" in answer.error()
    assert redis_server.client().dbsize() == 0


def test_missing_key_requested_as_bytes_is_a_json_error(call: Caller) -> None:
    answer = call("GET", "/keys/nobody", headers={"Accept": OCTETS})
    assert (answer.status, answer.error()) == (404, "no such key")


@pytest.mark.parametrize("accept", ["application/json", OCTETS])
@pytest.mark.every_server
def test_key_of_another_type_is_redis_error(call: Caller, redis_server: RedisServer, accept: str) -> None:
    redis_server.client().rpush("list", "a")
    answer = call("GET", "/keys/list", headers={"Accept": accept})
    assert answer.status == 400
    assert answer.error() == "WRONGTYPE Operation against a key holding the wrong kind of value"
