"""RESP2: commands as bytes, and replies from bytes however they are cut."""

from typing import Any

import pytest

from kuberedis_sidecar.errors import BadCommand, ErrorReply
from kuberedis_sidecar.redis.replies import BulkOk
from kuberedis_sidecar.redis.resp import ReplyReader, pack, parse_elements

_STREAM = b"+OK\r\n$2\r\nOK\r\n:7\r\n$-1\r\n*2\r\n$2\r\nOK\r\n+OK\r\n-ERR x\r\n$0\r\n\r\n+PONG\r\n"
_REPLIES: list[Any] = [b"OK", BulkOk(b"OK"), 7, None, [b"OK", b"OK"], ErrorReply("ERR x"), b"", b"PONG"]


def comparable(reply: Any) -> Any:
    """A reply that equals another with the same text, be it an error or not."""
    return str(reply) if isinstance(reply, ErrorReply) else (type(reply) is BulkOk, reply)


@pytest.mark.parametrize(
    ("commands", "expected"),
    [
        ([("PING",)], b"*1\r\n$4\r\nPING\r\n"),
        ([("SET", b"\xff", "é")], b"*3\r\n$3\r\nSET\r\n$1\r\n\xff\r\n$2\r\n\xc3\xa9\r\n"),
        ([["GET", "k"]], b"*2\r\n$3\r\nGET\r\n$1\r\nk\r\n"),
        ([("EXPIRE", "k", 5), ["PING"]], b"*3\r\n$6\r\nEXPIRE\r\n$1\r\nk\r\n$1\r\n5\r\n*1\r\n$4\r\nPING\r\n"),
    ],
)
def test_commands_are_packed_in_order(commands: list[Any], expected: bytes) -> None:
    assert pack(commands) == expected


@pytest.mark.parametrize("argument", [None, True, [], {}, "\ud800"])
@pytest.mark.parametrize("before", [[], [("PING",)]])
def test_command_that_cannot_be_packed_is_refused(argument: Any, before: list[Any]) -> None:
    with pytest.raises(BadCommand):
        pack([*before, ("SET", "k", argument)])


@pytest.mark.parametrize("size", range(1, len(_STREAM) + 1))
def test_replies_are_the_same_however_the_bytes_are_cut(size: int) -> None:
    reader = ReplyReader()
    replies: list[Any] = []
    for start in range(0, len(_STREAM), size):
        replies += reader.feed(_STREAM[start : start + size])
    assert [comparable(reply) for reply in replies] == [comparable(reply) for reply in _REPLIES]


@pytest.mark.parametrize("size", range(1, len(_STREAM) + 1))
def test_captured_replies_come_with_their_bytes(size: int) -> None:
    reader = ReplyReader()
    captured: list[tuple[Any, bytes | None]] = []
    for start in range(0, len(_STREAM), size):
        captured += reader.feed_captured(_STREAM[start : start + size])
    assert b"".join(raw or b"" for _, raw in captured) == _STREAM
    assert [comparable(reply) for reply, _ in captured] == [comparable(reply) for reply in _REPLIES]


def test_bytes_of_a_reply_that_began_uncaptured_are_unknown() -> None:
    reader = ReplyReader()
    assert reader.feed(b"$3\r\na") == []
    assert reader.feed_captured(b"bc\r\n+OK\r\n") == [(b"abc", None), (b"OK", b"+OK\r\n")]


@pytest.mark.parametrize(
    ("stream", "bulk"),
    [
        (b"*2\r\n+OK\r\n$2\r\nOK\r\n", [False, True]),
        (b"*2\r\n$2\r\nOK\r\n+OK\r\n", [True, False]),
        (b"*2\r\n+OK\r\n+OK\r\n", [False, False]),
    ],
)
def test_status_is_told_from_a_bulk_string_among_the_results_of_a_transaction(stream: bytes, bulk: list[bool]) -> None:
    [array] = ReplyReader().feed(stream)
    assert [type(element) is BulkOk for element in parse_elements(array)] == bulk
