"""Upstash's protocol: which commands a request becomes, and which response their replies become."""

from hashlib import sha1
from typing import Any

import pytest

from kuberedis_sidecar.api import router
from kuberedis_sidecar.api.model import BYTES, Plan, Request, RequestOptions, Response, Stream
from kuberedis_sidecar.errors import BadCommand, ErrorReply
from kuberedis_sidecar.redis.replies import BulkOk
from kuberedis_sidecar.redis.resp import pack
from tests.pure.sidecar.calls import commands, content, context, encode, plan, response, send


@pytest.mark.parametrize(
    ("method", "path", "sent", "expected"),
    [
        ("POST", "/", ["GET", "k"], (b"GET", b"k")),
        ("PUT", "/", ["GET", "k"], (b"GET", b"k")),
        ("POST", "//", ["GET", "k"], (b"GET", b"k")),
        ("POST", "/", b'["SET", "k", 1.50, true, false]', (b"SET", b"k", b"1.50", b"true", b"false")),
        ("POST", "/", ["UNKNOWN", "é"], (b"UNKNOWN", "é".encode())),
        ("POST", "/", b'["SET", "k", "a\\ud800"]', (b"SET", b"k", "a\ufffd".encode())),
        ("GET", "/get/k", b"", (b"get", b"k")),
        ("HEAD", "/get/k", b"", (b"get", b"k")),
        ("GET", "/get/k/", b"", (b"get", b"k")),
        ("GET", "/echo//", b"", (b"echo", b"")),
        ("GET", "/mset/a//b/c", b"", (b"mset", b"a", b"", b"b", b"c")),
        ("GET", "/set/k/a%2Fb?EX=60&NX", b"", (b"set", b"k", b"a/b", b"EX", b"60", b"NX")),
        ("GET", "/set/k/v?_token=t&PX=1", b"", (b"set", b"k", b"v", b"PX", b"1")),
        ("POST", "/set/k?EX=60", b"\xff\x00", (b"set", b"k", b"\xff\x00", b"EX", b"60")),
        ("GET", "/echo", b"ignored", (b"echo",)),
    ],
)
def test_request_becomes_one_command(method: str, path: str, sent: Any, expected: tuple[bytes, ...]) -> None:
    assert commands(plan(method, path, sent)) == [expected]


@pytest.mark.parametrize(
    ("method", "path", "sent", "blocking"),
    [
        ("POST", "/", ["BLPOP", "k", "0"], [0]),
        ("POST", "/", ["blpop", "k", "0"], [0]),
        ("POST", "/", ["XREAD", "STREAMS", "s", "0"], []),
        ("POST", "/", ["XREAD", "block", "5", "STREAMS", "s", "0"], [0]),
        ("GET", "/blpop/k/0", b"", [0]),
        ("POST", "/pipeline", [["GET", "k"], ["BLPOP", "k", "0"], [], ["BLPOP", "k", "0"]], [1, 2]),
        ("POST", "/pipeline", [["GET", "k"], ["PING"]], []),
        ("POST", "/multi-exec", [["BLPOP", "k", "0"]], []),
    ],
)
def test_commands_that_may_block_are_marked(method: str, path: str, sent: Any, blocking: list[int]) -> None:
    assert list(plan(method, path, sent).blocking) == blocking


@pytest.mark.parametrize(
    ("sent", "error"),
    [
        (b"", "EOF"),
        (b"[", "ERR failed to parse command: the body is not JSON"),
        (b"\xff", "ERR failed to parse command: the body is not JSON"),
        (b"[" * 100_000, "ERR failed to parse command: the body is not JSON"),
        ({"command": "GET"}, "expected JSON array"),
        ([], "ERR empty command"),
        (["GET", None], "ERR null args are not supported"),
        (["GET", {}], 'ERR unsupported arg type: "{": json.Delim'),
        (["GET", []], 'ERR unsupported arg type: "[": json.Delim'),
        (["MULTI"], 'ERR Command "MULTI" is not allowed in REST or it has a special context path'),
        (["select", "1"], 'ERR Command "select" is not allowed in REST or it has a special context path'),
    ],
)
def test_body_that_is_no_command_is_refused(sent: Any, error: str) -> None:
    assert content(response("POST", "/", sent)) == (400, {"error": error})


def test_path_with_a_malformed_escape_is_refused() -> None:
    assert response("GET", "/get/%zz").status == 400
    assert response("GET", "/get/k?a=%").status == 400


@pytest.mark.parametrize(
    ("reply", "text", "base64"),
    [
        (b"OK", {"result": "OK"}, {"result": "OK"}),
        (BulkOk(b"OK"), {"result": "OK"}, {"result": "T0s="}),
        (b"v", {"result": "v"}, {"result": "dg=="}),
        (b"\xff", {"result": "\ufffd"}, {"result": "/w=="}),
        (3, {"result": 3}, {"result": 3}),
        (None, {"result": None}, {"result": None}),
        ([b"OK", 1, None, [b"a"]], {"result": ["OK", 1, None, ["a"]]}, {"result": ["T0s=", 1, None, ["YQ=="]]}),
        ([ErrorReply("ERR x")], {"result": [{"error": "ERR x"}]}, {"result": [{"error": "ERR x"}]}),
    ],
)
def test_reply_is_encoded_as_text_or_in_base64(reply: Any, text: Any, base64: Any) -> None:
    assert encode(plan("POST", "/", ["PING"]), reply) == (200, text)
    assert encode(plan("POST", "/", ["PING"], base64=True), reply) == (200, base64)
    assert encode(plan("POST", "/pipeline", [["PING"]]), reply) == (200, [text])
    assert encode(plan("POST", "/pipeline", [["PING"]], base64=True), reply) == (200, [base64])


@pytest.mark.parametrize(("error", "status"), [("ERR x", 400), ("NOPERM x", 403), ("OOM x", 507), ("BUSY x", 503)])
def test_error_reply_has_a_status_alone_and_none_in_a_pipeline(error: str, status: int) -> None:
    reply = ErrorReply(error)
    assert encode(plan("GET", "/ping"), reply) == (status, {"error": error})
    assert encode(plan("POST", "/pipeline", [["PING"], ["PING"]]), reply, b"PONG") == (200, [{"error": error}, {"result": "PONG"}])


def test_resp2_returns_the_bytes_of_redis() -> None:
    planned = plan("GET", "/get/k", format="resp2")
    assert planned.raw
    answer = planned.encode([b"$1\r\nv\r\n"])
    assert (answer.status, answer.body, answer.content_type) == (200, b"$1\r\nv\r\n", BYTES)
    assert planned.encode([b"-NOPERM no\r\n"]).status == 403
    several = plan("POST", "/pipeline", [["PING"], ["BAD", None]], format="resp2").encode([b"+PONG\r\n"])
    assert several.body == b"+PONG\r\n-ERR null args are not supported\r\n"


@pytest.mark.parametrize("options", [{"format": "xml"}, {"format": "resp2", "base64": True}])
@pytest.mark.parametrize(("method", "path", "sent"), [("POST", "/", ["PING"]), ("GET", "/ping", b""), ("POST", "/pipeline", [["PING"]])])
def test_formats_that_exclude_each_other_are_refused(method: str, path: str, sent: Any, options: dict[str, Any]) -> None:
    assert response(method, path, sent, **options).status == 400


@pytest.mark.parametrize(
    ("row", "error"),
    [
        (None, "ERR expected JSON array"),
        ("G", "ERR expected JSON array"),
        ("GET", "ERR expected JSON array"),
        ({"0": "GET"}, "ERR expected JSON array"),
        (["GET", None], "ERR null args are not supported"),
        ([], "ERR empty command"),
        (["GET", ["k"]], 'ERR unsupported arg type: "[": json.Delim'),
        (["GET", {"k": 1}], 'ERR unsupported arg type: "{": json.Delim'),
        (["WATCH", "k"], 'ERR Command "WATCH" is not allowed in REST or it has a special context path'),
    ],
)
def test_bad_command_of_a_pipeline_fails_alone(row: Any, error: str) -> None:
    planned = plan("POST", "/pipeline", [["GET", "a"], row, ["GET", "b"]])
    assert commands(planned) == [(b"GET", b"a"), (b"GET", b"b")]
    assert encode(planned, b"1", None) == (200, [{"result": "1"}, {"error": error}, {"result": None}])


def test_pipeline_of_bad_commands_only_is_answered_without_redis() -> None:
    assert content(response("POST", "/pipeline", [["MULTI"], []])) == (
        200,
        [
            {"error": 'ERR Command "MULTI" is not allowed in REST or it has a special context path'},
            {"error": "ERR empty command"},
        ],
    )


@pytest.mark.parametrize(
    ("row", "sent"),
    [
        ('["SET", "k", 1.50]', (b"SET", b"k", b"1.50")),
        ('["SET", "k", true]', (b"SET", b"k", b"true")),
        ('["SET", "k", "\\u00e9"]', (b"SET", b"k", "é".encode())),
        ('["SET", "k", "\\ud83d\\ude00"]', (b"SET", b"k", "😀".encode())),
        ('["sEt", "k", "v"]', (b"sEt", b"k", b"v")),
        ('["MODULE.COMMAND", "k"]', (b"MODULE.COMMAND", b"k")),
    ],
)
def test_every_kind_of_argument_is_sent_in_a_pipeline(row: str, sent: tuple[bytes, ...]) -> None:
    assert commands(plan("POST", "/pipeline", f'[["PING"], {row}]'.encode())) == [(b"PING",), sent]


@pytest.mark.parametrize("path", ["/pipeline", "/multi-exec"])
@pytest.mark.parametrize(
    ("sent", "status", "error"),
    [
        (b"", 400, "EOF"),
        (b"{", 400, "ERR failed to parse pipeline request: the body is not JSON"),
        ({}, 400, "expected JSON array"),
        ([], 400, "ERR empty pipeline request"),
        ([["PING"]] * 5, 413, "ERR max pipeline size exceeded. Limit: 4 commands, Actual: 5"),
    ],
)
def test_batch_that_cannot_be_read_is_refused(path: str, sent: Any, status: int, error: str) -> None:
    assert content(response("POST", path, sent)) == (status, {"error": error})


def test_transaction_is_framed_and_only_its_results_are_returned() -> None:
    planned = plan("POST", "/multi-exec", [["SET", "k", 1], ["INCR", "k"]])
    assert commands(planned) == [(b"MULTI",), (b"SET", b"k", b"1"), (b"INCR", b"k"), (b"EXEC",)]
    assert encode(planned, b"OK", b"QUEUED", b"QUEUED", [b"OK", 2]) == (200, [{"result": "OK"}, {"result": 2}])
    assert encode(planned, b"OK", b"QUEUED", b"QUEUED", [b"OK", ErrorReply("ERR x")]) == (200, [{"result": "OK"}, {"error": "ERR x"}])
    flag = plan("POST", "/multi-exec", [["SET", "k", True]], base64=True)
    assert commands(flag) == [(b"MULTI",), (b"SET", b"k", b"true"), (b"EXEC",)]
    assert encode(flag, b"OK", b"QUEUED", [b"v"]) == (200, [{"result": "dg=="}])


def test_transaction_that_was_discarded_is_one_error() -> None:
    planned = plan("POST", "/multi-exec", [["SET", "k"]])
    discarded = ErrorReply("EXECABORT Transaction discarded because of previous errors.")
    assert encode(planned, b"OK", ErrorReply("ERR wrong number"), discarded) == (400, {"error": "ERR wrong number"})
    assert encode(planned, b"OK", b"QUEUED", None) == (400, {"error": "EXECABORT Transaction discarded"})


def test_bad_command_of_a_transaction_refuses_all() -> None:
    assert response("POST", "/multi-exec", [["SET", "k", 1], ["GET", None]]).status == 400


@pytest.mark.parametrize(
    ("method", "path", "command", "monitor"),
    [
        ("GET", "/subscribe/a/b", (b"SUBSCRIBE", b"a", b"b"), False),
        ("POST", "/subscribe/a%2Fb/", (b"SUBSCRIBE", b"a/b"), False),
        ("GET", "/psubscribe/news:*", (b"PSUBSCRIBE", b"news:*"), False),
        ("GET", "/monitor", (b"MONITOR",), True),
    ],
)
def test_streams_have_a_command_of_their_own(method: str, path: str, command: tuple[bytes, ...], monitor: bool) -> None:
    stream = send(method, path)
    assert isinstance(stream, Stream)
    assert (stream.command, stream.monitor) == (command, monitor)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("DELETE", "/subscribe/a", 405), ("GET", "/subscribe", 400), ("GET", "/subscribe/", 400), ("DELETE", "/monitor", 405)],
)
def test_streams_that_make_no_sense_are_refused(method: str, path: str, status: int) -> None:
    assert response(method, path).status == status


_SCRIPT = "#!lua flags=allow-key-locking\nreturn 1"


@pytest.mark.parametrize("path", ["/", "/pipeline", "/multi-exec"])
def test_flag_of_a_script_is_removed_on_every_route(path: str) -> None:
    row = ["EVAL", _SCRIPT, "0"]
    sent = commands(plan("POST", path, row if path == "/" else [row]))
    assert (b"EVAL", b"#!lua\nreturn 1", b"0") in sent


def test_sha1_of_a_changed_script_is_the_callers_in_replies() -> None:
    original, changed = (sha1(text.encode(), usedforsecurity=False).hexdigest() for text in (_SCRIPT, "#!lua\nreturn 1"))
    load = plan("POST", "/", ["SCRIPT", "LOAD", _SCRIPT])
    assert encode(load, changed.encode()) == (200, {"result": original})


@pytest.mark.parametrize("path", ["/pipeline", "/multi-exec"])
def test_arguments_are_left_to_packing_unless_the_request_is_verified(path: str) -> None:
    body = b'[["PING"], ["GET", null]]'
    unverified = Request("POST", path.encode(), b"", body, RequestOptions(), verify=False)
    planned = router.translate(unverified, context())
    assert isinstance(planned, Plan)
    with pytest.raises(BadCommand):
        pack(planned.commands)
    verified = send("POST", path, body)
    if path == "/pipeline":
        assert isinstance(verified, Plan)
        assert commands(verified) == [(b"PING",)]
    else:
        assert isinstance(verified, Response)
