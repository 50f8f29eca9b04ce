"""Any bytes that are stored come back, by every endpoint."""

import base64
import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.harness.redis_server import RedisServer
from tests.sidecar.calls import Caller, segment

pytestmark = pytest.mark.slow

BYTES = {"Content-Type": "application/octet-stream"}
WANT_BYTES = {"Accept": "application/octet-stream"}
WANT_BASE64 = {"Upstash-Encoding": "base64"}
WANT_RESP = {"Upstash-Response-Format": "resp2"}

# Short, so that most of them are neighbours of something that has a meaning in a URL, in HTTP, in JSON or in RESP.
MEANINGFUL = [b"/", b"%", b"%2F", b"..", b".", b"//", b"?", b"#", b"&a=b", b"+", b" ", b"\r\n", b"\0", b"$-1\r\n", b"OK"]
PIECES = st.lists(st.sampled_from(MEANINGFUL) | st.binary(max_size=3), max_size=4).map(b"".join)
# Not empty: of a command in the path, an empty last segment is dropped.
KEYS = (PIECES | st.binary(max_size=40)).filter(bool)
VALUES = PIECES | st.binary(max_size=300)
# Every text that JSON can carry: no halves of surrogate pairs.
TEXTS = st.text(st.characters(codec="utf-8"), max_size=60)


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def escaped(data: bytes) -> str:
    """`data` as a segment in which every byte is escaped, also those that need not be."""
    return "".join(f"%{byte:02x}" for byte in data)


def decoded(body: dict[str, str], member: str, flag: str = "encoding") -> bytes:
    """A member of an answer as bytes; base64 only where it says so, and only where the bytes are no text."""
    if flag not in body:
        return body[member].encode()
    assert body[flag] == "base64"
    data = base64.b64decode(body[member], validate=True)
    assert not is_text(data)
    return data


def is_text(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def without_base64(reply: Any) -> Any:
    """A reply in base64 as bytes; the status OK stays as it is."""
    if isinstance(reply, list):
        return [base64.b64decode(element, validate=True) for element in reply]
    return reply if reply in ("OK", None) or isinstance(reply, int) else base64.b64decode(reply, validate=True)


@given(key=KEYS, value=VALUES)
@example(key=b"", value=b"the empty key")
@example(key=b"..", value=b"")
@example(key=b"a//b/", value=b"\xff")
def test_a_value_by_its_key(call: Caller, redis_server: RedisServer, key: bytes, value: bytes) -> None:
    assert call("POST", f"/keys/{segment(key)}", value, BYTES).json() == {"status": "OK"}
    assert redis_server.client().get(key) == value
    assert call("GET", f"/keys/{escaped(key)}", headers=WANT_BYTES).body == value
    body = call("GET", f"/keys/{segment(key)}").json()
    assert (decoded(body, "key", "key_encoding"), decoded(body, "value")) == (key, value)
    sent = json.dumps({"value": encoded(value), "encoding": "base64"}).encode()
    assert call("POST", f"/keys/{segment(key)}", sent).json() == {"status": "OK"}
    assert redis_server.client().get(key) == value
    assert call("DELETE", f"/keys/{escaped(key)}").json() == {"deleted": 1}
    assert redis_server.client().exists(key) == 0


@given(name=KEYS, field=KEYS, value=VALUES)
def test_a_field_of_a_hash(call: Caller, redis_server: RedisServer, name: bytes, field: bytes, value: bytes) -> None:
    redis_server.client().delete(name)
    sent = json.dumps({"field": encoded(field), "value": encoded(value), "encoding": "base64"}).encode()
    assert call("POST", f"/hashes/{segment(name)}", sent).json() == {"status": "OK"}
    assert redis_server.client().hgetall(name) == {field: value}
    path = f"/hashes/{segment(name)}/{segment(field)}"
    assert call("GET", path, headers=WANT_BYTES).body == value
    body = call("GET", path).json()
    assert decoded(body, "hash", "hash_encoding") == name
    assert decoded(body, "field", "field_encoding") == field
    assert decoded(body, "value") == value


@given(text=TEXTS, other=TEXTS)
def test_text_in_json(call: Caller, redis_server: RedisServer, text: str, other: str) -> None:
    value = json.dumps({"value": text}, ensure_ascii=False).encode()
    assert call("POST", "/keys/k", value).json() == {"status": "OK"}
    assert redis_server.client().get("k") == text.encode()
    assert call("GET", "/keys/k").json() == {"key": "k", "value": text}
    field = json.dumps({"field": other, "value": text}).encode()
    assert call("POST", "/hashes/h", field).json() == {"status": "OK"}
    assert redis_server.client().hget("h", other) == text.encode()
    assert call.command("MSET", text, other, "k", text).json() == {"result": "OK"}
    assert call.command("MGET", text, "k").json()["result"][1] == text
    assert redis_server.client().get("k") == text.encode()


@given(arguments=st.lists(VALUES, min_size=1, max_size=5))
def test_arguments_of_a_raw_command(call: Caller, redis_server: RedisServer, arguments: list[bytes]) -> None:
    redis_server.client().delete("l")
    command = {"command": "RPUSH", "args": [encoded(argument) for argument in [b"l", *arguments]], "encoding": "base64"}
    assert call("POST", "/raw-command", json.dumps(command).encode()).json() == {"result": len(arguments)}
    body = call("POST", "/raw-command", b'{"command": "LRANGE", "args": ["l", 0, -1]}').json()
    if all(map(is_text, arguments)):
        assert body == {"result": [argument.decode() for argument in arguments]}
    else:
        assert body == {"result": [encoded(argument) for argument in arguments], "encoding": "base64"}


@given(key=KEYS, value=KEYS, body=st.binary(min_size=1, max_size=300))
def test_a_command_in_the_path(call: Caller, redis_server: RedisServer, key: bytes, value: bytes, body: bytes) -> None:
    assert call("GET", f"/set/{segment(key)}/{segment(value)}").json() == {"result": "OK"}
    assert redis_server.client().get(key) == value
    assert call("POST", f"/SET/{escaped(key)}", body).json() == {"result": "OK"}
    assert redis_server.client().get(key) == body
    as_base64 = call("GET", f"/get/{segment(key)}", headers=WANT_BASE64).json()
    assert as_base64 == {"result": encoded(body)}
    as_resp = call("GET", f"/get/{segment(key)}", headers=WANT_RESP).body
    assert as_resp == b"$%d\r\n%b\r\n" % (len(body), body)
    as_text = call("GET", f"/get/{segment(key)}").json()
    assert as_text == {"result": body.decode(errors="replace")}


@given(name=KEYS, value=VALUES)
def test_arguments_in_the_query(call: Caller, redis_server: RedisServer, name: bytes, value: bytes) -> None:
    redis_server.client().delete("l")
    expected = [b"a", name, value]
    query = f"{escaped(name)}={escaped(value)}"
    assert call("GET", f"/rpush/l/a?{query}").json() == {"result": len(expected)}
    assert redis_server.client().lrange("l", 0, -1) == expected


@given(values=st.lists(VALUES, min_size=1, max_size=5), text=TEXTS)
def test_replies_of_batches(call: Caller, redis_server: RedisServer, values: list[bytes], text: str) -> None:
    client = redis_server.client()
    client.delete("l")
    client.rpush("l", *values)
    client.set("k", values[0])
    rows = [["LRANGE", "l", 0, -1], ["GET", "k"], ["ECHO", text], ["GET", "missing"], ["LLEN", "l"]]
    expected = [values, values[0], text.encode(), None, len(values)]
    for path in ("/pipeline", "/multi-exec"):
        items = call.batch(path, *rows, headers=WANT_BASE64).json()
        assert [without_base64(item["result"]) for item in items] == expected
        assert call.batch(path, *rows).json() == [{"result": in_text(reply)} for reply in expected]


def in_text(reply: Any) -> Any:
    """A reply as JSON shows it without base64."""
    if isinstance(reply, list):
        return [in_text(element) for element in reply]
    return reply.decode(errors="replace") if isinstance(reply, bytes) else reply


NUMBERS = st.from_regex(r"-?(0|[1-9][0-9]{0,25})(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,4})?", fullmatch=True)


@given(literal=NUMBERS.filter(str.isascii))
@example(literal="1.50")
@example(literal="1e+21")
@example(literal="-0")
@example(literal="9007199254740993")
def test_a_number_is_stored_as_it_was_written(call: Caller, redis_server: RedisServer, literal: str) -> None:
    client = redis_server.client()
    written = literal.encode()
    requests = [
        ("/keys/n", b'{"value": %b}'),
        ("/", b'["SET", "n", %b]'),
        ("/pipeline", b'[["SET", "n", %b]]'),
        ("/multi-exec", b'[["SET", "n", %b]]'),
        ("/raw-command", b'{"command": "SET", "args": ["n", %b]}'),
    ]
    for path, body in requests:
        client.delete("n")
        assert call("POST", path, body % written).status == 200
        assert client.get("n") == written
