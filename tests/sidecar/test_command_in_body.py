"""Upstash's protocol: one command as a JSON array, `POST /`."""

import json

import pytest

from tests.harness.redis_server import RedisServer
from tests.sidecar.calls import Caller

pytestmark = pytest.mark.usefixtures("flushed")

CONNECTION_COMMANDS = [
    "AUTH", "HELLO", "MULTI", "EXEC", "DISCARD", "WATCH", "UNWATCH", "RESET", "SELECT", "QUIT", "MONITOR", "SUBSCRIBE",
    "PSUBSCRIBE", "SSUBSCRIBE", "UNSUBSCRIBE", "PUNSUBSCRIBE", "SUNSUBSCRIBE", "CLIENT", "SYNC", "PSYNC",
]  # fmt: skip


def test_command_is_executed_and_its_result_returned(call: Caller, redis_server: RedisServer) -> None:
    stored, found = call.command("SET", "foo", "bar"), call.command("GET", "foo")
    assert (stored.status, stored.json()) == (200, {"result": "OK"})
    assert (found.status, found.json()) == (200, {"result": "bar"})
    assert redis_server.client().get("foo") == b"bar"


@pytest.mark.parametrize("name", ["GET", "get", "GeT"])
def test_command_name_is_accepted_in_any_letter_case(call: Caller, name: str) -> None:
    assert call.command(name, "nobody").json() == {"result": None}


@pytest.mark.parametrize("path", ["", "/", "//"])
def test_url_with_or_without_a_slash_at_its_end_serves(call: Caller, path: str) -> None:
    assert call("POST", path, b'["PING"]').json() == {"result": "PONG"}


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "application/x-www-form-urlencoded", "nonsense"])
def test_declared_type_of_the_body_does_not_matter(call: Caller, content_type: str) -> None:
    assert call("POST", "/", b'["ECHO", "a=b&c"]', {"Content-Type": content_type}).json() == {"result": "a=b&c"}


@pytest.mark.parametrize(
    "literal", ["1.50", "1e+21", "-0", "0.10", "1E400", "9007199254740993", "123456789012345678901234567890", "9" * 5000]
)
def test_number_is_passed_on_as_it_was_written(call: Caller, literal: str) -> None:
    assert call("POST", "/", b'["ECHO", %b]' % literal.encode()).json() == {"result": literal}


@pytest.mark.parametrize(("literal", "text"), [(b"true", "true"), (b"false", "false")])
def test_boolean_is_passed_on_as_true_or_false(call: Caller, literal: bytes, text: str) -> None:
    assert call("POST", "/", b'["ECHO", %b]' % literal).json() == {"result": text}


@pytest.mark.parametrize("text", ["", " ", "ключ 🔑", "\x00", "\r\n", '"\\', "\u2028", "OK", "e30=", "x" * 500_000])
def test_text_comes_back_as_it_went_in(call: Caller, redis_server: RedisServer, text: str) -> None:
    assert call.command("SET", "k", text).json() == {"result": "OK"}
    assert redis_server.client().get("k") == text.encode()
    assert call.command("GET", "k").json() == {"result": text}


def test_text_may_be_unescaped_utf8(call: Caller) -> None:
    assert call("POST", "/", json.dumps(["ECHO", "ключ 🔑"], ensure_ascii=False).encode()).json() == {"result": "ключ 🔑"}


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"", "EOF"),
        (b"[]", "ERR empty command"),
        (b"{}", "expected JSON array"),
        (b'"PING"', "expected JSON array"),
        (b"null", "expected JSON array"),
        (b'["SET", "k", null]', "ERR null args are not supported"),
        (b'[null, "k"]', "ERR null args are not supported"),
        (b'["SET", "k", ["v"]]', 'ERR unsupported arg type: "[": json.Delim'),
        (b'["SET", "k", {"v": 1}]', 'ERR unsupported arg type: "{": json.Delim'),
    ],
)
def test_body_that_is_no_command_is_refused_as_by_upstash(call: Caller, redis_server: RedisServer, body: bytes, error: str) -> None:
    answer = call("POST", "/", body)
    assert (answer.status, answer.error()) == (400, error)
    assert redis_server.client().dbsize() == 0


@pytest.mark.parametrize("body", [b"PING", b'["PING"', b'["PING"]]', b"[NaN]", b'["ECHO", "\xff"]', b"[" * 50_000, b"\x00"])
def test_body_that_is_not_json_is_refused(call: Caller, body: bytes) -> None:
    answer = call("POST", "/", body)
    assert answer.status == 400
    assert answer.error().startswith("ERR ")


@pytest.mark.parametrize(
    ("row", "error"),
    [
        (["GET"], "ERR wrong number of arguments for 'get' command"),
        (["INCR", "text"], "ERR value is not an integer or out of range"),
        (["LPUSH", "text", "a"], "WRONGTYPE Operation against a key holding the wrong kind of value"),
        (["XGROUP", "CREATE", "s", "g", "$", "MKSTREAM", "again"], None),
    ],
)
@pytest.mark.every_server
def test_redis_error_is_passed_on_unchanged(call: Caller, redis_server: RedisServer, row: list[str], error: str | None) -> None:
    redis_server.client().set("text", "v")
    answer = call.command(*row)
    assert answer.status == 400
    assert answer.error().startswith(error or "ERR ")


@pytest.mark.every_server
def test_error_that_clients_look_for_keeps_its_code(call: Caller) -> None:
    answer = call.command("EVALSHA", "0" * 40, 0)
    assert answer.status == 400
    assert answer.error().startswith("NOSCRIPT ")


@pytest.mark.every_server
def test_unknown_command_is_named_by_redis(call: Caller) -> None:
    answer = call.command("NOSUCH", "a")
    assert answer.status == 400
    assert answer.error().startswith("ERR unknown command")
    assert "NOSUCH" in answer.error()


@pytest.mark.parametrize("name", [*CONNECTION_COMMANDS, "multi", "Client"])
@pytest.mark.every_server
def test_command_that_needs_a_connection_of_its_own_is_refused(call: Caller, name: str) -> None:
    answer = call.command(name, "0")
    assert answer.status == 400
    assert answer.error() == f'ERR Command "{name}" is not allowed in REST or it has a special context path'


@pytest.mark.parametrize(
    ("row", "result"),
    [
        (["HGETALL", "h"], ["f", "1"]),
        (["ZRANGE", "z", 0, -1, "WITHSCORES"], ["a", "1.5", "b", "3"]),
        (["ZSCORE", "z", "a"], "1.5"),
        (["SMEMBERS", "s"], ["a"]),
        (["INCRBYFLOAT", "n", "0.25"], "0.25"),
        (["XRANGE", "x", "-", "+"], [["1-1", ["f", "v"]]]),
        (["SISMEMBER", "s", "a"], 1),
    ],
)
@pytest.mark.every_server
def test_results_have_the_shapes_of_resp2(call: Caller, redis_server: RedisServer, row: list[object], result: object) -> None:
    client = redis_server.client()
    client.hset("h", "f", "1")
    client.zadd("z", {"a": 1.5, "b": 3})
    client.sadd("s", "a")
    client.xadd("x", {"f": "v"}, id="1-1")
    assert call.command(*row).json() == {"result": result}


@pytest.mark.every_server
def test_array_nested_deeply_comes_back_whole(call: Caller) -> None:
    depth = 50
    result = call.command("EVAL", "local t = 'x' for i = 1, ARGV[1] do t = {t} end return t", 0, depth).json()["result"]
    for _ in range(depth):
        (result,) = result
    assert result == "x"


@pytest.mark.every_server
def test_script_runs_by_its_digest_once_it_was_loaded(call: Caller) -> None:
    digest = call.command("SCRIPT", "LOAD", "return ARGV[1]").json()["result"]
    assert call.command("EVALSHA", digest, 0, "a").json() == {"result": "a"}
