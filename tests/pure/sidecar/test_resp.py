"""RESP2: commands as bytes."""

from typing import Any

import pytest

from kuberedis_sidecar.errors import BadCommand
from kuberedis_sidecar.redis.resp import pack, pack_each


@pytest.mark.parametrize(
    ("commands", "expected"),
    [
        ([("PING",)], [b"*1\r\n$4\r\nPING\r\n"]),
        ([("SET", b"\xff", "é")], [b"*3\r\n$3\r\nSET\r\n$1\r\n\xff\r\n$2\r\n\xc3\xa9\r\n"]),
        ([["GET", "k"]], [b"*2\r\n$3\r\nGET\r\n$1\r\nk\r\n"]),
        ([("EXPIRE", "k", 5), ["PING"]], [b"*3\r\n$6\r\nEXPIRE\r\n$1\r\nk\r\n$1\r\n5\r\n", b"*1\r\n$4\r\nPING\r\n"]),
        ([["PING"], ["GET", ""]], [b"*1\r\n$4\r\nPING\r\n", b"*2\r\n$3\r\nGET\r\n$0\r\n\r\n"]),
        ([["GET", "é"], ["GET", "k"]], [b"*2\r\n$3\r\nGET\r\n$2\r\n\xc3\xa9\r\n", b"*2\r\n$3\r\nGET\r\n$1\r\nk\r\n"]),
        ([["SET", "k", "é"], ["DEL", "k"]], [b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$2\r\n\xc3\xa9\r\n", b"*2\r\n$3\r\nDEL\r\n$1\r\nk\r\n"]),
        ([["DEL", "a", "b", "c"]] * 2, [b"*4\r\n$3\r\nDEL\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n"] * 2),
        ([["SET", "k", "v" * 1024]] * 2, [b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1024\r\n%b\r\n" % (b"v" * 1024)] * 2),
        ([["SET", "k", "v" * 1023]] * 2, [b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1023\r\n%b\r\n" % (b"v" * 1023)] * 2),
        (
            [("SET", "k", b"\xff"), ("SET", b"k", "v")],
            [b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\n\xff\r\n", b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n"],
        ),
    ],
)
def test_commands_are_packed_in_order(commands: list[Any], expected: list[bytes]) -> None:
    assert pack_each(commands) == expected
    assert pack(commands) == b"".join(expected)


@pytest.mark.parametrize("argument", [None, True, [], {}, "\ud800"])
@pytest.mark.parametrize("before", [[], [("PING",)]])
def test_command_that_cannot_be_packed_is_refused(argument: Any, before: list[Any]) -> None:
    for packing in (pack, pack_each):
        with pytest.raises(BadCommand):
            packing([*before, ("SET", "k", argument)])


@pytest.mark.parametrize("before", [("SET", b"\xff"), ("HSET", "é", 5), ()])
def test_command_with_a_large_argument_is_packed_as_any_other(before: tuple[Any, ...]) -> None:
    large = b"x" * (2 * 1024 * 1024)
    expected = pack([(*before, b"small")]).replace(b"$5\r\nsmall", b"$%d\r\n%b" % (len(large), large))
    assert pack([(*before, large)]) == expected
    unfit: list[Any] = [None, "\ud800"]
    for argument in unfit:
        with pytest.raises(BadCommand):
            pack([(*before, argument, large)])
