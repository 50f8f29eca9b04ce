"""Commands leave in one turn of the event loop: short ones joined, long ones as they are."""

import asyncio
from collections.abc import Iterable
from typing import Any, cast

import pytest

from kuberedis_sidecar.redis.connection import Connection

SHORT, LONG = b"x", b"x" * 5000


class Transport:
    """Keeps what is written."""

    def __init__(self) -> None:
        self.written: list[bytes] = []

    def is_closing(self) -> bool:
        return False

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def writelines(self, several: Iterable[bytes]) -> None:
        self.written += several


def sent(value: bytes) -> bytes:
    """A SET as Redis gets it."""
    return b"*3\r\n$3\r\nSET\r\n$1\r\na\r\n$%d\r\n%b\r\n" % (len(value), value)


@pytest.mark.parametrize(
    ("values", "written"),
    [
        ([SHORT], [sent(SHORT)]),
        ([SHORT, SHORT], [sent(SHORT) * 2]),
        ([LONG, LONG], [sent(LONG), sent(LONG)]),
        ([SHORT, LONG], [sent(SHORT) + sent(LONG)]),
        ([LONG, SHORT], [sent(LONG), sent(SHORT)]),
    ],
    ids=["one", "short", "long", "short first", "long first"],
)
def test_commands_of_a_turn_leave_once_however_often_it_is_flushed(values: list[bytes], written: list[bytes]) -> None:
    problems: list[dict[str, Any]] = []

    async def whole() -> list[bytes]:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, problem: problems.append(problem))
        connection, transport = Connection(loop), Transport()
        connection.connection_made(cast("asyncio.BaseTransport", transport))
        for value in values:
            connection.send([("SET", b"a", value)], lambda _: None, float("inf"))
            connection.expect(0)
        # One turn of the event loop, which is what this is about.
        await asyncio.sleep(0)
        return transport.written

    assert asyncio.run(whole()) == written
    assert problems == []
