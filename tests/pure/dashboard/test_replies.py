"""Replies of Redis: from RESP2 to values, and to the lines of redis-cli."""

import pytest

from kuberedis_dashboard.redis.replies import MAX_NESTING, ErrorReply, Reply, Status, parse
from kuberedis_dashboard.redis.reply_text import format_reply

REPLIES: dict[bytes, tuple[Reply, str]] = {
    b"+OK\r\n": (Status(b"OK"), "OK\n"),
    b"$2\r\nOK\r\n": (b"OK", '"OK"\n'),
    b"-ERR no\r\n": (ErrorReply("ERR no"), "(error) ERR no\n"),
    b"-\xff\x1b[31m\r\n": (ErrorReply("\ufffd\x1b[31m"), "(error) \ufffd\\x1b[31m\n"),
    b":-12\r\n": (-12, "(integer) -12\n"),
    b"$-1\r\n": (None, "(nil)\n"),
    b"*-1\r\n": (None, "(nil)\n"),
    b"*0\r\n": ([], "(empty array)\n"),
    b"$5\r\na\r\nb\n\r\n": (b"a\r\nb\n", '"a\\r\\nb\\n"\n'),
    b"$3\r\n\xff\x00\x1b\r\n": (b"\xff\x00\x1b", '"\\xff\\x00\\x1b"\n'),
    b'$4\r\n\\"\xc3\xa9\r\n': (b'\\"\xc3\xa9', '"\\\\\\"é"\n'),
    b"$3\r\n\xe2\x80\xae\r\n": ("\u202e".encode(), '"\\xe2\\x80\\xae"\n'),
    b"*2\r\n*2\r\n:1\r\n:2\r\n*1\r\n$1\r\na\r\n": ([[1, 2], [b"a"]], '1) 1) (integer) 1\n   2) (integer) 2\n2) 1) "a"\n'),
    b"*10\r\n" + b":1\r\n" * 9 + b"*2\r\n+A\r\n*0\r\n": (
        [*[1] * 9, [Status(b"A"), []]],
        "".join(f" {index}) (integer) 1\n" for index in range(1, 10)) + "10) 1) A\n    2) (empty array)\n",
    ),
}


@pytest.mark.parametrize("data", REPLIES)
def test_reply_is_read_and_shown_as_redis_cli_does(data: bytes) -> None:
    reply = parse(data)
    assert (reply, format_reply(reply)) == REPLIES[data]
    assert type(reply) is type(REPLIES[data][0])


@pytest.mark.parametrize(
    "data",
    [
        *(b"", b"OK", b"+OK", b":\r\n", b":x\r\n", b"$5\r\nabc\r\n", b"$3\r\nabcd\r\n", b"*2\r\n:1\r\n", b":1\r\n:2\r\n", b"%1\r\n"),
        b"*1\r\n" * (MAX_NESTING + 1) + b":1\r\n",
        b"*1\r\n" * 1_000_000,
        b"*999999999999\r\n",
    ],
)
def test_what_is_no_reply_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse(data)


@pytest.mark.parametrize(
    ("command", "lines"),
    [
        ([b"info", b"memory"], "# Memory\n\\x1b[31m"),
        ([b"GET", b"k"], '"# Memory\\r\\n\\x1b[31m"'),
    ],
)
def test_text_for_people_keeps_its_lines(command: list[bytes], lines: str) -> None:
    assert format_reply(b"# Memory\r\n\x1b[31m", command) == lines + "\n"
