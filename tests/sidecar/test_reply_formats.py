"""Every kind of Redis reply in the three formats: JSON, JSON with base64, and RESP2 as Redis sent it."""

import base64
from typing import NamedTuple

import pytest

from tests.harness.redis_server import RedisServer
from tests.sidecar.calls import Caller

pytestmark = pytest.mark.every_server

BASE64 = {"Upstash-Encoding": "base64"}
RESP2 = {"Upstash-Response-Format": "resp2"}
EVERY_BYTE = bytes(range(256))


def script(text: str) -> list[object]:
    return ["EVAL", text, 0]


class Case(NamedTuple):
    """A command, and its result as text, in base64 and in RESP2."""

    command: list[object]
    text: object
    base64: object
    resp2: bytes


REPLIES = [
    Case(["SET", "k", "v"], "OK", "OK", b"+OK\r\n"),
    Case(["PING"], "PONG", "UE9ORw==", b"+PONG\r\n"),
    Case(["TYPE", "text"], "string", "c3RyaW5n", b"+string\r\n"),
    Case(["GET", "text"], "value", "dmFsdWU=", b"$5\r\nvalue\r\n"),
    Case(["GET", "ok"], "OK", "T0s=", b"$2\r\nOK\r\n"),
    Case(["GET", "empty"], "", "", b"$0\r\n\r\n"),
    Case(["GET", "nobody"], None, None, b"$-1\r\n"),
    Case(["GET", "binary"], "a\ufffd\ufffdb", "Yf/+Yg==", b"$4\r\na\xff\xfeb\r\n"),
    Case(["GET", "encoded"], "T0s=", "VDBzPQ==", b"$4\r\nT0s=\r\n"),
    Case(["GET", "lines"], "a\r\nb", "YQ0KYg==", b"$4\r\na\r\nb\r\n"),
    Case(["DECR", "n"], -1, -1, b":-1\r\n"),
    Case(["INCRBY", "n", "9007199254740993"], 9007199254740993, 9007199254740993, b":9007199254740993\r\n"),
    Case(["INCRBY", "n", str(2**63 - 1)], 2**63 - 1, 2**63 - 1, b":9223372036854775807\r\n"),
    Case(["MGET", "ok", "nobody", "empty"], ["OK", None, ""], ["T0s=", None, ""], b"*3\r\n$2\r\nOK\r\n$-1\r\n$0\r\n\r\n"),
    Case(["MGET", "binary", "text"], ["a\ufffd\ufffdb", "value"], ["Yf/+Yg==", "dmFsdWU="], b"*2\r\n$4\r\na\xff\xfeb\r\n$5\r\nvalue\r\n"),
    Case(["LRANGE", "nobody", "0", "-1"], [], [], b"*0\r\n"),
    Case(["LPOP", "nobody", "1"], None, None, b"*-1\r\n"),
    Case(script("return redis.status_reply('OK')"), "OK", "OK", b"+OK\r\n"),
    Case(script("return 'OK'"), "OK", "T0s=", b"$2\r\nOK\r\n"),
    Case(script("return {redis.status_reply('OK'), 'OK'}"), ["OK", "OK"], ["T0s=", "T0s="], b"*2\r\n+OK\r\n$2\r\nOK\r\n"),
    Case(script("return {1, {'a', {}}, false}"), [1, ["a", []], None], [1, ["YQ==", []], None],
     b"*3\r\n:1\r\n*2\r\n$1\r\na\r\n*0\r\n$-1\r\n"),
    Case(script("return {redis.error_reply('ERR inner'), 1}"), [{"error": "ERR inner"}, 1], [{"error": "ERR inner"}, 1],
     b"*2\r\n-ERR inner\r\n:1\r\n"),
]  # fmt: skip


@pytest.fixture(autouse=True)
def _contents(redis_server: RedisServer) -> None:
    client = redis_server.client()
    client.flushall()
    client.mset({"text": "value", "ok": "OK", "empty": "", "binary": b"a\xff\xfeb", "encoded": "T0s=", "lines": "a\r\nb"})


@pytest.mark.parametrize("case", REPLIES)
def test_reply_as_json(call: Caller, case: Case) -> None:
    answer = call.command(*case.command)
    assert (answer.status, answer.json()) == (200, {"result": case.text})


@pytest.mark.parametrize("case", REPLIES)
def test_reply_as_base64(call: Caller, case: Case) -> None:
    answer = call.command(*case.command, headers=BASE64)
    assert (answer.status, answer.json()) == (200, {"result": case.base64})


@pytest.mark.parametrize("case", REPLIES)
def test_reply_as_resp2(call: Caller, case: Case) -> None:
    answer = call.command(*case.command, headers=RESP2)
    assert (answer.status, answer.headers.get_content_type(), answer.body) == (200, "application/octet-stream", case.resp2)


@pytest.mark.parametrize("case", REPLIES)
@pytest.mark.parametrize("path", ["/pipeline", "/multi-exec"])
def test_reply_in_a_batch(call: Caller, path: str, case: Case) -> None:
    encoded = call.batch(path, ["SET", "other", "a"], ["ECHO", "OK"], case.command, headers=BASE64)
    assert (encoded.status, encoded.json()) == (200, [{"result": "OK"}, {"result": "T0s="}, {"result": case.base64}])


@pytest.mark.parametrize("case", REPLIES)
@pytest.mark.parametrize("path", ["/pipeline", "/multi-exec"])
def test_reply_as_text_in_a_batch(call: Caller, path: str, case: Case) -> None:
    as_text = call.batch(path, ["ECHO", "OK"], case.command)
    assert (as_text.status, as_text.json()) == (200, [{"result": "OK"}, {"result": case.text}])


@pytest.mark.parametrize("headers", [{}, BASE64])
def test_error_is_never_encoded(call: Caller, headers: dict[str, str]) -> None:
    answer = call.command("INCR", "text", headers=headers)
    assert (answer.status, answer.error()) == (400, "ERR value is not an integer or out of range")
    assert call.batch("/pipeline", ["INCR", "text"], headers=headers).json() == [{"error": answer.error()}]


def test_error_as_resp2_is_redis_own_line(call: Caller) -> None:
    answer = call.command("INCR", "text", headers=RESP2)
    assert (answer.status, answer.headers.get_content_type()) == (400, "application/octet-stream")
    assert answer.body == b"-ERR value is not an integer or out of range\r\n"


def test_pipeline_as_resp2_is_the_replies_one_after_another(call: Caller) -> None:
    answer = call.batch("/pipeline", ["PING"], ["GET", "text"], ["INCR", "text"], ["QUIT"], ["GET", "nobody"], headers=RESP2)
    assert (answer.status, answer.headers.get_content_type()) == (200, "application/octet-stream")
    assert answer.body == (
        b"+PONG\r\n$5\r\nvalue\r\n-ERR value is not an integer or out of range\r\n"
        b'-ERR Command "QUIT" is not allowed in REST or it has a special context path\r\n$-1\r\n'
    )


@pytest.mark.parametrize("path", ["/get/binary", "/pipeline"])
@pytest.mark.parametrize("headers", [{"Upstash-Response-Format": wrong} for wrong in ("xml", "resp3", "")] + [RESP2 | BASE64])
def test_unknown_format_is_refused(call: Caller, path: str, headers: dict[str, str]) -> None:
    answer = call("POST", path, b'[["PING"]]' if path == "/pipeline" else None, headers)
    assert answer.status == 400
    assert "Upstash-Response-Format" in answer.error()


def test_header_names_are_accepted_in_any_letter_case(call: Caller) -> None:
    assert call.command("PING", headers={"upstash-ENCODING": "base64"}).json() == {"result": "UE9ORw=="}
    assert call.command("PING", headers={"UPSTASH-response-format": "resp2"}).body == b"+PONG\r\n"


def test_json_may_be_requested(call: Caller) -> None:
    headers = {"Upstash-Response-Format": "json", "Upstash-Encoding": "base64"}
    assert call.command("PING", headers=headers).json() == {"result": "UE9ORw=="}


@pytest.mark.parametrize("data", [EVERY_BYTE, EVERY_BYTE * 2000, b"\xff" * 3, "é".encode("latin-1")])
def test_bytes_come_back_as_they_went_in(call: Caller, data: bytes) -> None:
    assert call("POST", "/set/k", data).json() == {"result": "OK"}
    assert base64.b64decode(call("GET", "/get/k", headers=BASE64).json()["result"], validate=True) == data
    assert call("GET", "/get/k", headers=RESP2).body == b"$%d\r\n%b\r\n" % (len(data), data)
    (item,) = call.batch("/pipeline", ["GET", "k"], headers=BASE64).json()
    assert base64.b64decode(item["result"], validate=True) == data
    assert call("GET", "/keys/k", headers={"Accept": "application/octet-stream"}).body == data
