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
