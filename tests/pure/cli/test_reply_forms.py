"""Replies in the three forms of `kuberedis cli`; the form for people is that of the dashboard's console, which has tests of its own."""

import pytest

from kuberedis_cli.connect.reply_forms import ReplyForm, written
from kuberedis_dashboard.redis.replies import ErrorReply, Reply, Status

EVIL = b"\x1b]0;owned\x07\x1b[2Jtext\nnext\ttab"


@pytest.mark.parametrize(
    ("reply", "text", "raw", "json"),
    [
        (b"value", b'"value"\n', b"value\n", b'{"result": "value"}\n'),
        (Status(b"OK"), b"OK\n", b"OK\n", b'{"result": "OK"}\n'),
        (None, b"(nil)\n", b"\n", b'{"result": null}\n'),
        (7, b"(integer) 7\n", b"7\n", b'{"result": 7}\n'),
        (ErrorReply("ERR no"), b"(error) ERR no\n", b"ERR no\n", b'{"error": "ERR no"}\n'),
        ([b"a", [1, None]], b'1) "a"\n2) 1) (integer) 1\n   2) (nil)\n', b"a\n1\n\n", b'{"result": ["a", [1, null]]}\n'),
        (b"\xff", b'"\\xff"\n', b"\xff\n", b'{"result": "\\ufffd"}\n'),
    ],
)
def test_forms(reply: Reply, text: bytes, raw: bytes, json: bytes) -> None:
    for form, expected in ((ReplyForm.TEXT, text), (ReplyForm.RAW, raw), (ReplyForm.JSON, json)):
        assert written(reply, (b"GET",), form, is_terminal=False) == expected


def test_auto_is_text_on_a_terminal_and_raw_in_a_pipe() -> None:
    assert [ReplyForm.AUTO.at(is_terminal=is_terminal) for is_terminal in (True, False)] == [ReplyForm.TEXT, ReplyForm.RAW]
    assert ReplyForm.RAW.at(is_terminal=True) is ReplyForm.RAW


@pytest.mark.parametrize(
    "reply", [EVIL, ErrorReply(EVIL.decode()), Status(EVIL), [EVIL, [EVIL]]], ids=["string", "error", "status", "array"]
)
@pytest.mark.parametrize("form", [ReplyForm.TEXT, ReplyForm.RAW, ReplyForm.JSON])
def test_a_terminal_gets_nothing_that_it_obeys(reply: Reply, form: ReplyForm) -> None:
    shown = written(reply, (b"GET",), form, is_terminal=True)
    assert not set(shown) & ({*range(32)} - {9, 10} | {127, *range(0x80, 0xA0)}), shown


def test_a_pipe_gets_the_bytes_of_the_value() -> None:
    assert written(EVIL, (b"GET",), ReplyForm.RAW, is_terminal=False) == EVIL + b"\n"
