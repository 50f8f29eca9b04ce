"""Replies as JSON, alone and several together; large ones in pieces read as if they were not large."""

import json
from base64 import b64encode
from typing import Any

import orjson
import pytest

from kuberedis_sidecar.api import reply_encoding
from kuberedis_sidecar.api.model import BYTES, JSON
from kuberedis_sidecar.errors import ErrorReply
from kuberedis_sidecar.redis.replies import MAX_NESTING, BulkOk
from tests.pure.sidecar.calls import body

_LARGE = b"\xc3\xa9\xff" * 500_000
_MANY: list[Any] = [b"v", b"OK", 1, None, [], [b"\xff", [2]]] * 5_000


@pytest.mark.parametrize(
    "replies",
    [
        [b"a"],
        [b"OK", b"a"],
        [b'","', b'"', b'\\","\\', b"[]"],
        [b'a","b', b',"', b'",', b""],
        [b"\x00\n\t\x1f", "é😀\u2028".encode()],
        [b"\xff", b"ok", b"\xf0\x9f"],
        [b",", b",", b'",', b',"', b",\n  ", b"\n"],
        [b"", b""],
        [b"\x7f", b"a\x7fb", b""],
        [b"\xc3", b"\xa9", b"\x7f"],
        [b"\xc3", b"\xa9"],
    ],
)
def test_strings_of_a_pipeline_are_text(replies: list[bytes]) -> None:
    answer = reply_encoding.results(replies)
    assert (answer.status, answer.content_type) == (200, JSON)
    assert answer.body == orjson.dumps([{"result": reply.decode(errors="replace")} for reply in replies])


@pytest.mark.parametrize(
    ("replies", "text", "base64"),
    [
        ([b"a", 1], [{"result": "a"}, {"result": 1}], [{"result": "YQ=="}, {"result": 1}]),
        ([b"OK", BulkOk(b"OK")], [{"result": "OK"}, {"result": "OK"}], [{"result": "OK"}, {"result": "T0s="}]),
        ([b"OK", b"a"], [{"result": "OK"}, {"result": "a"}], [{"result": "OK"}, {"result": "YQ=="}]),
        ([None, ErrorReply("ERR \"x\"")], [{"result": None}, {"error": 'ERR "x"'}], [{"result": None}, {"error": 'ERR "x"'}]),
        ([[b"a", [None]]], [{"result": ["a", [None]]}], [{"result": ["YQ==", [None]]}]),
        ([], [], []),
    ],
)  # fmt: skip
def test_mixed_replies_of_a_pipeline(replies: list[Any], text: Any, base64: Any) -> None:
    assert json.loads(reply_encoding.results(replies).body) == text
    assert json.loads(reply_encoding.results_base64(replies).body) == base64


@pytest.mark.parametrize("reply", [_LARGE, _MANY, [[_LARGE], None, 1], [*_MANY, ErrorReply("ERR x")]])
def test_large_reply_is_in_pieces_and_reads_the_same(reply: Any) -> None:
    for encode in (reply_encoding.result, reply_encoding.result_base64):
        answer = encode(reply)
        assert answer.pieces is not None
        value = reply_encoding.as_text(reply) if encode is reply_encoding.result else reply_encoding.as_base64(reply)
        assert json.loads(body(answer)) == {"result": value}


def test_large_reply_among_others_keeps_its_place() -> None:
    replies: list[Any] = [b"a", _LARGE, ErrorReply("ERR x"), 3]
    answer = reply_encoding.results(replies)
    assert answer.pieces is not None
    expected = [{"result": "a"}, {"result": _LARGE.decode(errors="replace")}, {"error": "ERR x"}, {"result": 3}]
    assert json.loads(body(answer)) == expected
    encoded = reply_encoding.results_base64(replies)
    assert json.loads(body(encoded))[1] == {"result": b64encode(_LARGE).decode()}


@pytest.mark.parametrize(("value", "pieces"), [(b"", False), (b"\x00\xff", False), (_LARGE, True)])
def test_bytes_are_not_changed(value: bytes, pieces: bool) -> None:
    answer = reply_encoding.raw(value)
    assert (answer.content_type, answer.pieces is not None) == (BYTES, pieces)
    assert body(answer) == value


@pytest.mark.parametrize("replies", [[b"v" * 1000] * 2_000, _MANY])
def test_many_replies_that_are_large_together_are_in_pieces(replies: list[Any]) -> None:
    for encode, value in ((reply_encoding.results, reply_encoding.as_text), (reply_encoding.results_base64, reply_encoding.as_base64)):
        answer = encode(replies)
        assert answer.pieces is not None
        # A status OK is not encoded.
        assert json.loads(body(answer)) == [{"result": value(reply) if reply != b"OK" else "OK"} for reply in replies]
    answer = reply_encoding.raw_results([b"$1000\r\n%b\r\n" % (b"v" * 1000)] * 2_000)
    assert answer.pieces is not None
    assert len(body(answer)) == 2_000 * 1009


def nested(levels: int) -> Any:
    """An array in an array, so often."""
    reply: Any = [1]
    for _ in range(levels - 1):
        reply = [reply]
    return reply


@pytest.mark.parametrize("around", [[], [b"x" * 2_000_000], [1] * 20_000])
def test_nesting_has_a_limit(around: list[Any]) -> None:
    error = f"nested more than {MAX_NESTING} levels"
    for encode in (reply_encoding.result, reply_encoding.result_base64):
        for levels in (MAX_NESTING - 1, 1000):
            answer = body(encode([*around, nested(levels)]))
            assert (error in answer.decode()) is (levels == 1000)
            assert len(json.loads(answer)["result"]) == len(around) + 1


@pytest.mark.parametrize("value", ["é" * 600_000, b"\xff" * 1_200_000, b"a" * 2_000_000 + b"\xc3"])
def test_large_reply_is_text_or_base64(value: Any) -> None:
    reply = value.encode() if isinstance(value, str) else value
    wrapped: Any
    for wrapped in (reply, [1, [reply], [b"a"] * 1000]):
        answer = reply_encoding.text_or_base64(b'{"text":', b'{"base64":', wrapped)
        assert answer.pieces is not None
        if isinstance(value, str):
            assert json.loads(body(answer)) == {"text": reply_encoding.as_text(wrapped)}
        else:
            assert json.loads(body(answer)) == {"base64": reply_encoding.as_base64(wrapped)}


@pytest.mark.parametrize(
    ("reply", "expected"),
    [(b"a", True), (b"\xff", False), (1, True), (None, True), ([b"a", [b"\xff"]], False), ([b"a", [1, None]], True)],
)
def test_text_is_told_from_bytes(reply: Any, expected: bool) -> None:
    assert reply_encoding.is_text(reply) is expected
