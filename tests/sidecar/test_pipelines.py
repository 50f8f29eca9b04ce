"""Upstash's protocol: many commands in one request, `POST /pipeline`."""

import pytest

from tests.harness.redis_server import RedisServer
from tests.sidecar.calls import Caller

pytestmark = pytest.mark.usefixtures("flushed")


def test_results_come_in_order_and_one_for_each_command(call: Caller) -> None:
    answer = call.batch("/pipeline", ["SET", "k", "v"], ["GET", "k"], ["DEL", "k"], ["GET", "k"], ["lrange", "nobody", 0, -1])
    assert answer.status == 200
    assert answer.json() == [{"result": "OK"}, {"result": "v"}, {"result": 1}, {"result": None}, {"result": []}]


@pytest.mark.parametrize("path", ["/pipeline", "//pipeline"])
def test_url_that_ends_in_a_slash_serves(call: Caller, path: str) -> None:
    assert call.batch(path, ["PING"]).json() == [{"result": "PONG"}]


@pytest.mark.every_server
def test_failing_command_leaves_the_others_alone(call: Caller) -> None:
    answer = call.batch("/pipeline", ["SET", "k", "v"], ["LPUSH", "k", "a"], ["NOSUCH"], ["GET"], ["GET", "k"])
    assert answer.status == 200
    items = answer.json()
    assert [list(item) for item in items] == [["result"], ["error"], ["error"], ["error"], ["result"]]
    assert items[1]["error"] == "WRONGTYPE Operation against a key holding the wrong kind of value"
    assert items[2]["error"].startswith("ERR unknown command")
    assert items[4] == {"result": "v"}


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        (["SET", "x", None], "ERR null args are not supported"),
        (["SET", "x", ["v"]], 'ERR unsupported arg type: "[": json.Delim'),
        (["SET", "x", {}], 'ERR unsupported arg type: "{": json.Delim'),
        ([], "ERR empty command"),
        ("PING", "ERR expected JSON array"),
        (None, "ERR expected JSON array"),
        (["SELECT", 1], 'ERR Command "SELECT" is not allowed in REST or it has a special context path'),
        (["multi"], 'ERR Command "multi" is not allowed in REST or it has a special context path'),
        (["SUBSCRIBE", "c"], 'ERR Command "SUBSCRIBE" is not allowed in REST or it has a special context path'),
        (["CLIENT", "REPLY", "OFF"], 'ERR Command "CLIENT" is not allowed in REST or it has a special context path'),
    ],
)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_command_that_is_never_sent_fails_alone(call: Caller, redis_server: RedisServer, place: int, bad: object, error: str) -> None:
    rows: list[object] = [["INCR", "n"], ["INCR", "n"]]
    expected: list[object] = [{"result": 1}, {"result": 2}]
    rows.insert(place, bad)
    expected.insert(place, {"error": error})
    answer = call.batch("/pipeline", *rows)
    assert (answer.status, answer.json()) == (200, expected)
    assert redis_server.client().keys() == [b"n"]


def test_pipeline_of_nothing_but_bad_commands_is_answered(call: Caller) -> None:
    answer = call.batch("/pipeline", [], ["QUIT"])
    assert answer.status == 200
    assert [list(item) for item in answer.json()] == [["error"], ["error"]]


@pytest.mark.every_server
def test_refused_permission_is_an_error_in_its_place(call: Caller) -> None:
    answer = call.batch("/pipeline", ["CONFIG", "GET", "*"], ["PING"])
    assert answer.status == 200
    first, second = answer.json()
    assert first["error"].startswith("NOPERM ")
    assert second == {"result": "PONG"}


@pytest.mark.parametrize("path", ["/pipeline", "/multi-exec"])
@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"", "EOF"),
        (b"[]", "ERR empty pipeline request"),
        (b"{}", "expected JSON array"),
        (b'"PING"', "expected JSON array"),
        (b"1", "expected JSON array"),
        (b"null", "expected JSON array"),
    ],
)
def test_body_that_is_no_batch_is_refused_as_by_upstash(call: Caller, path: str, body: bytes, error: str) -> None:
    answer = call("POST", path, body)
    assert (answer.status, answer.error()) == (400, error)


@pytest.mark.parametrize("path", ["/pipeline", "/multi-exec"])
@pytest.mark.parametrize("body", [b"PING", b'[["PING"]', b'[["PING"],]', b"[[NaN]]", b'[["SET", "k", "\xff"]]', b"[" * 50_000])
def test_body_that_is_not_json_is_refused(call: Caller, redis_server: RedisServer, path: str, body: bytes) -> None:
    answer = call("POST", path, body)
    assert answer.status == 400
    assert answer.error().startswith("ERR ")
    assert redis_server.client().dbsize() == 0


def test_half_of_a_character_is_stored_as_the_replacement_character(call: Caller) -> None:
    answer = call("POST", "/pipeline", b'[["ECHO", "a\\ud800b"], ["PING"]]')
    assert answer.json() == [{"result": "a\ufffdb"}, {"result": "PONG"}]


def test_numbers_are_passed_on_as_they_were_written(call: Caller) -> None:
    answer = call("POST", "/pipeline", b'[["ECHO", 1.50], ["ECHO", 1e+21], ["ECHO", 9007199254740993], ["ECHO", true]]')
    assert [item["result"] for item in answer.json()] == ["1.50", "1e+21", "9007199254740993", "true"]


def test_pipeline_as_long_as_the_sdk_makes_them_is_served(call: Caller) -> None:
    rows = [["INCR", "n"] for _ in range(5_000)]
    assert call.batch("/pipeline", *rows).json() == [{"result": count} for count in range(1, 5_001)]


def test_blocking_command_in_a_pipeline_keeps_the_order(call: Caller) -> None:
    answer = call.batch("/pipeline", ["RPUSH", "l", "a"], ["BLPOP", "l", 1], ["LLEN", "l"])
    assert answer.json() == [{"result": 1}, {"result": ["l", "a"]}, {"result": 0}]


def test_large_values_and_small_ones_keep_their_places(call: Caller) -> None:
    sizes = [1, 300_000, 0, 70_000, 5, 1_000_000]
    rows = [command for size in sizes for command in (["SET", f"k{size}", "x" * size], ["STRLEN", f"k{size}"])]
    rows += [["GET", f"k{size}"] for size in sizes]
    items = call.batch("/pipeline", *rows).json()
    assert [item["result"] for item in items[1 : 2 * len(sizes) : 2]] == sizes
    assert [len(item["result"]) for item in items[2 * len(sizes) :]] == sizes
