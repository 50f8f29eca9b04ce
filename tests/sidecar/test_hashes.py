"""The resource API's hashes: `POST /hashes/{hash}` and `GET /hashes/{hash}/{field}`."""

import base64
import json

import pytest

from tests.harness.redis_server import RedisServer
from tests.sidecar.calls import Caller, segment

pytestmark = pytest.mark.usefixtures("flushed")

NAMES = [b"h", b"", b"a/b", b"..", b"%2F", "ü ö".encode(), b"\xff\x00", bytes(range(256))]


def test_field_comes_back_as_it_was_set(call: Caller) -> None:
    stored = call("POST", "/hashes/h", b'{"field": "f1", "value": "v1"}')
    found = call("GET", "/hashes/h/f1")
    assert (stored.status, stored.json()) == (200, {"status": "OK"})
    assert (found.status, found.json()) == (200, {"hash": "h", "field": "f1", "value": "v1"})


def test_setting_a_field_again_is_ok_and_replaces_it(call: Caller) -> None:
    for value in ("v1", "v2"):
        assert call("POST", "/hashes/h", json.dumps({"field": "f", "value": value}).encode()).json() == {"status": "OK"}
    assert call("GET", "/hashes/h/f").json()["value"] == "v2"


@pytest.mark.parametrize("path", ["/hashes/nobody/f", "/hashes/h/nobody"])
def test_missing_hash_or_field_is_not_found(call: Caller, redis_server: RedisServer, path: str) -> None:
    redis_server.client().hset("h", "f", "v")
    answer = call("GET", path)
    assert (answer.status, answer.error()) == (404, "no such field")


@pytest.mark.parametrize("field", NAMES)
@pytest.mark.parametrize("name", NAMES)
def test_any_hash_and_field_can_be_written_in_the_url(call: Caller, redis_server: RedisServer, name: bytes, field: bytes) -> None:
    redis_server.client().hset(name, field, "v")
    found = call("GET", f"/hashes/{segment(name)}/{segment(field)}").json()
    names = {
        member: base64.b64decode(found[member]) if f"{member}_encoding" in found else found[member].encode() for member in ("hash", "field")
    }
    assert names == {"hash": name, "field": field}
    assert found["value"] == "v"


def test_binary_field_and_value_are_sent_as_base64(call: Caller, redis_server: RedisServer) -> None:
    body = {"field": base64.b64encode(b"\xfe").decode(), "value": base64.b64encode(b"\xff\x00").decode(), "encoding": "base64"}
    assert call("POST", "/hashes/h", json.dumps(body).encode()).status == 200
    assert redis_server.client().hgetall("h") == {b"\xfe": b"\xff\x00"}
    found = call("GET", "/hashes/h/%FE").json()
    assert (found["value"], found["encoding"]) == ("/wA=", "base64")


def test_field_requested_as_bytes_is_bytes(call: Caller, redis_server: RedisServer) -> None:
    redis_server.client().hset("h", "f", b"\xff\x00")
    found = call("GET", "/hashes/h/f", headers={"Accept": "application/octet-stream"})
    assert (found.status, found.body) == (200, b"\xff\x00")


def test_number_is_stored_as_it_was_written(call: Caller, redis_server: RedisServer) -> None:
    assert call("POST", "/hashes/h", b'{"field": 1.50, "value": 9007199254740993}').status == 200
    assert redis_server.client().hgetall("h") == {b"1.50": b"9007199254740993"}


@pytest.mark.parametrize(
    ("body", "part"),
    [
        (b"", "JSON"),
        (b"[]", "object"),
        (b'{"value": "v"}', "field"),
        (b'{"field": "f"}', "value"),
        (b'{"field": null, "value": "v"}', "field"),
        (b'{"field": "f", "value": ["v"]}', "value"),
        (b'{"field": "f", "value": "v", "ttl_seconds": 60}', "ttl_seconds"),
        (b'{"field": "f", "value": "Zg==", "encoding": "base64"}', "field"),
    ],
)
def test_body_that_does_not_fit_is_refused_with_what_to_send(call: Caller, redis_server: RedisServer, body: bytes, part: str) -> None:
    answer = call("POST", "/hashes/h", body)
    assert answer.status == 400
    assert part in answer.error()
    assert redis_server.client().dbsize() == 0


@pytest.mark.parametrize(("method", "path"), [("POST", "/hashes/k"), ("GET", "/hashes/k/f")])
@pytest.mark.every_server
def test_key_of_another_type_is_redis_error(call: Caller, redis_server: RedisServer, method: str, path: str) -> None:
    redis_server.client().set("k", "v")
    answer = call(method, path, b'{"field": "f", "value": "v"}' if method == "POST" else None)
    assert (answer.status, answer.error().split()[0]) == (400, "WRONGTYPE")


@pytest.mark.parametrize("path", ["/hashes", "/hashes/h/f/more"])
def test_path_that_names_no_field_is_not_found(call: Caller, path: str) -> None:
    answer = call("GET", path)
    assert answer.status == 404
    assert answer.error()
