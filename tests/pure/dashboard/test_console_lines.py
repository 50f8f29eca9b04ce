"""What is typed into the console: quoting, what has to be confirmed, and help."""

import pytest

from kuberedis_dashboard.redis.command_docs import read_docs
from kuberedis_dashboard.redis.command_line import MAX_LINE_BYTES, UnbalancedQuotes, split
from kuberedis_dashboard.redis.destructive import loss_of
from kuberedis_dashboard.redis.readable import quoted
from kuberedis_dashboard.redis.replies import Reply, Status


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("", []),
        (" \t ", []),
        ("GET k", [b"GET", b"k"]),
        (r'SET k "a\x00\xFF\n\q\""', [b"SET", b"k", b'a\x00\xff\nq"']),
        (r"SET k 'a\n\'b'", [b"SET", b"k", rb"a\n'b"]),
        (r"a\ b", [b"a\\", b"b"]),
        (r'"\xg1"', [b"xg1"]),
        ('a"b c"', [b"ab c"]),
        ("\"\" ''", [b"", b""]),
        ("naïve 日本", ["naïve".encode(), "日本".encode()]),
        ("a\u00a0b", ["a\u00a0b".encode()]),
        ("a\nb", [b"a", b"b"]),
    ],
)
def test_line_is_split_as_by_redis_cli(line: str, words: list[bytes]) -> None:
    assert split(line) == words


@pytest.mark.parametrize("line", ['"', "'", '"a', 'a"b"c', "'a'b", '"a""b"', r'"a\"', r"'a\'", r'"\x00', "a'b'\"c\"", r"'a\\' b"])
def test_quote_that_does_not_end_is_refused(line: str) -> None:
    with pytest.raises(UnbalancedQuotes, match="quote"):
        split(line)


@pytest.mark.parametrize("line", ["a\0b", "é" * MAX_LINE_BYTES])
def test_line_that_cannot_be_one_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match=r"NUL|bytes"):
        split(line)


@pytest.mark.parametrize("value", [b"", bytes(range(256)), "é \u202e \U0001f600".encode(), b"\\x00 \"'"])
def test_quoted_text_is_read_as_the_same_bytes(value: bytes) -> None:
    assert split(quoted(value)) == [value]


@pytest.mark.parametrize(
    ("command", "lost"),
    [
        ([b"get", b"k"], ""),
        ([b"DEL", b"k"], ""),
        ([b"del", b"k", b"l", b"m"], "3 keys"),
        ([b"Unlink", b"k", b"l"], "2 keys"),
        ([b"FLUSHALL", b"ASYNC"], "every key"),
        ([b"flushdb"], "every key"),
        ([b"SCRIPT", b"flush"], "every cached script"),
        ([b"SCRIPT", b"EXISTS"], ""),
        ([b"rename", b"a", b"b"], "what the destination"),
    ],
)
def test_what_destroys_much_has_to_be_confirmed(command: list[bytes], lost: str) -> None:
    assert loss_of(command).startswith(lost)
    assert bool(loss_of(command)) == bool(lost)


def _argument(name: bytes, *members: Reply) -> Reply:
    return [b"name", name, *members]


OPTIONAL: Reply = [Status(b"optional")]
SET_DOC: list[Reply] = [
    *(b"summary", b"Set <b>it</b>\x1b[31m", b"since", b"1.0.0", b"group", b"string", b"arguments"),
    [
        _argument(b"key", b"type", b"key"),
        _argument(b"value", b"type", b"string"),
        _argument(
            b"condition",
            b"type",
            b"oneof",
            b"flags",
            OPTIONAL,
            b"arguments",
            [_argument(b"nx", b"type", b"pure-token", b"token", b"NX"), _argument(b"xx", b"type", b"pure-token", b"token", b"XX")],
        ),
        _argument(b"seconds", b"type", b"integer", b"token", b"EX", b"flags", OPTIONAL),
        _argument(b"field", b"type", b"string", b"flags", [Status(b"multiple")]),
    ],
]
DEEP: Reply = b"x"
for _ in range(60):
    DEEP = [b"arguments", [[b"name", b"n", b"type", b"block", b"arguments", [DEEP]]]]


@pytest.mark.parametrize(
    ("reply", "lines"),
    [
        ([b"set", SET_DOC], ["SET key value [NX|XX] [EX seconds] field [field ...] · Set <b>it</b>\\x1b[31m · string · 1.0.0"]),
        ([b"memory", [b"subcommands", [b"memory|usage", [b"summary", b"s"]]]], ["MEMORY USAGE  · s ·  · "]),
        ([b"z", [], b"a", b"no document", b"odd"], ["A  ·  ·  · ", "Z  ·  ·  · "]),
        ([b"deep", DEEP], ["DEEP  ·  ·  · "]),
        (None, []),
        (7, []),
    ],
)
def test_documents_of_commands_become_lines(reply: Reply, lines: list[str]) -> None:
    shown = [f"{each.name} {each.arguments} · {each.summary} · {each.group} · {each.since}" for each in read_docs(reply)]
    assert shown == lines
