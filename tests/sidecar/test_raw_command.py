"""Any command as a JSON object: `POST /raw-command`."""

import base64
import json
import re

import pytest

from tests.harness.redis_server import RedisServer
from tests.sidecar.calls import Answer, Caller

pytestmark = pytest.mark.usefixtures("flushed")


def raw(call: Caller, command: str, *args: object, **members: object) -> Answer:
    return call("POST", "/raw-command", json.dumps({"command": command, "args": args, **members}).encode())


def test_result_of_any_command_is_returned(call: Caller) -> None:
    answer = raw(call, "XADD", "s", "*", "f1", "v1")
    assert answer.status == 200
    assert list(answer.json()) == ["result"]
    assert re.fullmatch(r"\d{13,}-0", answer.json()["result"])


@pytest.mark.parametrize(
    ("command", "args", "result"),
    [
        ("ping", [], "PONG"),
        ("GET", ["nobody"], None),
        ("RPUSH", ["l", "a", "b"], 2),
        ("LRANGE", ["nobody", 0, -1], []),
        ("ECHO", [1.5], "1.5"),
        ("ECHO", [True], "true"),
        ("ECHO", [False], "false"),
        ("ECHO", [""], ""),
        ("ECHO", ["ключ"], "ключ"),
        ("EVAL", ["return {1, {2, 'x'}}", 0], [1, [2, "x"]]),
    ],
)
@pytest.mark.every_server
def test_every_kind_of_argument_and_result(call: Caller, command: str, args: list[object], result: object) -> None:
    answer = raw(call, command, *args)
    assert (answer.status, answer.json()) == (200, {"result": result})


def test_arguments_may_be_left_out(call: Caller) -> None:
    assert call("POST", "/raw-command", b'{"command": "PING"}').json() == {"result": "PONG"}


def test_number_is_passed_on_as_it_was_written(call: Caller) -> None:
    answer = call("POST", "/raw-command", b'{"command": "ECHO", "args": [9007199254740993.50]}')
    assert answer.json() == {"result": "9007199254740993.50"}


def test_arguments_may_be_bytes(call: Caller, redis_server: RedisServer) -> None:
    key, value = (base64.b64encode(data).decode() for data in (b"\xff", bytes(range(256))))
    assert raw(call, "SET", key, value, encoding="base64").json() == {"result": "OK"}
    assert redis_server.client().get(b"\xff") == bytes(range(256))


def test_numbers_among_bytes_stay_numbers(call: Caller, redis_server: RedisServer) -> None:
    assert raw(call, "SETRANGE", "aw==", 3, "/w==", encoding="base64").json() == {"result": 4}
    assert redis_server.client().get("k") == b"\0\0\0\xff"


def test_result_with_one_string_that_is_not_utf8_is_base64_throughout(call: Caller, redis_server: RedisServer) -> None:
    redis_server.client().rpush("l", "text", b"\xff")
    answer = raw(call, "LRANGE", "l", 0, -1)
    assert answer.json() == {"result": ["dGV4dA==", "/w=="], "encoding": "base64"}


@pytest.mark.parametrize(
    ("command", "args", "status", "reply"),
    [
        ("SET", ["aw==", "/w=="], 200, b"+OK\r\n"),
        ("ECHO", ["T0s="], 200, b"$2\r\nOK\r\n"),
        ("MGET", ["aw==", "/w=="], 200, b"*2\r\n$1\r\n\xff\r\n$-1\r\n"),
        ("GET", [], 400, b"-ERR wrong number of arguments for 'get' command\r\n"),
    ],
)
def test_reply_comes_as_redis_sent_it_when_asked_for(call: Caller, command: str, args: list[str], status: int, reply: bytes) -> None:
    body = json.dumps({"command": command, "args": args, "encoding": "base64"}).encode()
    call("POST", "/raw-command", b'{"command": "SET", "args": ["aw==", "/w=="], "encoding": "base64"}')
    answer = call("POST", "/raw-command", body, {"Upstash-Response-Format": "resp2"})
    assert (answer.status, answer.body) == (status, reply)


@pytest.mark.parametrize(
    ("body", "part"),
    [
        (b"", "JSON"),
        (b'["GET", "k"]', "object"),
        (b"{}", "command"),
        (b'{"command": ""}', "command"),
        (b'{"command": 1}', "command"),
        (b'{"command": ["GET"]}', "command"),
        (b'{"command": "PING", "args": "a"}', "args"),
        (b'{"command": "PING", "args": {"a": 1}}', "args"),
        (b'{"command": "PING", "args": [null]}', "args"),
        (b'{"command": "PING", "args": [["a"]]}', "args"),
        (b'{"command": "PING", "args": ["!"], "encoding": "base64"}', "base64"),
        (b'{"command": "PING", "arguments": []}', "arguments"),
    ],
)
def test_body_that_does_not_fit_is_refused_with_what_to_send(call: Caller, body: bytes, part: str) -> None:
    answer = call("POST", "/raw-command", body)
    assert answer.status == 400
    assert part in answer.error()


def test_form_of_reply_that_there_is_not_is_refused(call: Caller) -> None:
    answer = call("POST", "/raw-command", b'{"command": "PING"}', headers={"Upstash-Response-Format": "resp3"})
    assert (answer.status, answer.error()) == (400, "unknown Upstash-Response-Format; it is json or resp2")


@pytest.mark.every_server
def test_redis_error_is_passed_on_unchanged(call: Caller) -> None:
    answer = raw(call, "GET")
    assert (answer.status, answer.error()) == (400, "ERR wrong number of arguments for 'get' command")


@pytest.mark.parametrize("command", ["MULTI", "subscribe", "SELECT", "CLIENT", "QUIT", "RESET", "Monitor"])
@pytest.mark.every_server
def test_command_that_needs_a_connection_of_its_own_is_refused(call: Caller, command: str) -> None:
    answer = raw(call, command, "1")
    assert answer.status == 400
    assert answer.error() == f'ERR Command "{command}" is not allowed in REST or it has a special context path'
