"""A command that is sent again waits for what is left of its time."""

from typing import Any

import pytest

from kuberedis_sidecar.redis.time_limits import with_time_left


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (("BLPOP", "a", "b", "10"), ["BLPOP", "a", "b", "7.500"]),
        ((b"brpop", b"a", b"2.6"), [b"brpop", b"a", "0.100"]),
        (("BLMOVE", "a", "b", "LEFT", "RIGHT", 5), ["BLMOVE", "a", "b", "LEFT", "RIGHT", "2.500"]),
        (("BLMPOP", "3", "1", "a", "LEFT"), ["BLMPOP", "0.500", "1", "a", "LEFT"]),
        (("BZPOPMIN", "a", "1"), ["BZPOPMIN", "a", "0.001"]),
        (("XREAD", "block", "4000", "STREAMS", "s", "$"), ["XREAD", "block", "1500", "STREAMS", "s", "$"]),
        (("WAIT", "1", "1000"), ["WAIT", "1", "1"]),
    ],
)
def test_time_left(command: Any, expected: list[Any]) -> None:
    assert with_time_left(command, 2.5) == expected


@pytest.mark.parametrize(
    "command",
    [
        ("BLPOP", "a", "0"),
        ("XREADGROUP", "GROUP", "g", "c", "BLOCK", "0", "STREAMS", "s", ">"),
        ("XREAD", "STREAMS", "s", "0"),
        ("XREAD", "STREAMS", "BLOCK"),
        ("BLPOP", "a", "soon"),
        ("BLPOP",),
        ("BLMPOP",),
        ("NEWPOP", "a", "10"),
    ],
)
def test_what_waits_for_ever_or_is_not_known_stays_as_it_is(command: Any) -> None:
    assert with_time_left(command, 2.5) == command
