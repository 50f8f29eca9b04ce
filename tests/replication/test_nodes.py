"""The connections of a member's agent, to servers that hang, lie, or send more than anybody should."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from kuberedis_sidecar.errors import ErrorReply, RedisError, RedisTimeout
from kuberedis_sidecar.memory import MemoryBudget
from kuberedis_sidecar.redis.connection import Connection
from kuberedis_sidecar.redis.opening import open_connection
from kuberedis_sidecar.replication.nodes import Node
from kuberedis_sidecar.settings import RedisAddress
from tests.harness.ports import free_port
from tests.harness.scripted_server import ScriptedServer, Words
from tests.harness.waiting import until

_SECONDS = 0.2


def pong(_: Words) -> bytes | None:
    return b"+PONG\r\n"


def node_at(address: RedisAddress, password_file: Path | None = None) -> tuple[Node, list[None]]:
    """A node, and a list that gets longer with each event."""
    events: list[None] = []
    reserve = MemoryBudget(2**20, None).open
    return Node(address, password_file, partial(open_connection, Connection), lambda: reserve(None), lambda: events.append(None)), events


async def ask(node: Node) -> list[Any]:
    return await node.ask(("PING",), seconds=_SECONDS)


async def wait_for_pong(node: Node) -> None:
    async with asyncio.timeout(10):
        while True:
            with suppress(RedisError):
                assert await ask(node) == [b"PONG"]
                return
            await asyncio.sleep(0.05)


def run(scenario: Callable[[ScriptedServer], Coroutine[Any, Any, None]]) -> None:
    async def listen() -> None:
        async with ScriptedServer(pong).listening() as server:
            await scenario(server)

    asyncio.run(listen())


async def fails(question: Awaitable[Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        await question


def test_one_connection_serves_all_questions() -> None:
    async def scenario(server: ScriptedServer) -> None:
        node, _ = node_at(server.address)
        assert await asyncio.gather(*(ask(node) for _ in range(3))) == [[b"PONG"]] * 3
        assert server.connections == node.connects == 1

    run(scenario)


def test_nobody_listens() -> None:
    async def scenario() -> None:
        node, _ = node_at(RedisAddress(port=free_port()))
        await fails(ask(node), ConnectionRefusedError)
        node, _ = node_at(RedisAddress(path="/nonexistent/redis.sock"))
        await fails(ask(node), FileNotFoundError)

    asyncio.run(scenario())


def test_late_reply_is_no_answer_and_an_event() -> None:
    async def scenario(server: ScriptedServer) -> None:
        node, events = node_at(server.address)
        server.answer = lambda _: None
        await fails(ask(node), RedisTimeout)
        asked = len(server.commands)
        await fails(ask(node), RedisTimeout)
        assert len(server.commands) == asked, "who has not answered yet is not asked again"
        server.answer = pong
        server.send(b"+LATE\r\n")
        await until(lambda: events, what="the event")
        assert await ask(node) == [b"PONG"]
        assert server.connections == 1

    run(scenario)


def test_server_that_hangs_for_long_is_connected_to_anew() -> None:
    async def scenario(server: ScriptedServer) -> None:
        node, _ = node_at(server.address)
        server.answer = lambda _: None
        await fails(ask(node), RedisTimeout)
        server.answer = pong

        await wait_for_pong(node)
        assert server.connections == 2

    run(scenario)


@pytest.mark.parametrize(
    "reply",
    [
        b"$3000000\r\n" + b"x" * 3_000_000 + b"\r\n",
        b"$9000000000\r\n" + b"x" * 3_000_000,
        b"*300000\r\n" + b"$1\r\nx\r\n" * 300_000,
        b"*1\r\n" * 10_000 + b"+OK\r\n",
        b"no protocol at all\r\n",
        b"+PONG\r\n+another\r\n+and another\r\n",
        b"",
    ],
    ids=["large", "endless", "many", "nested", "garbage", "unasked", "closed"],
)
def test_hostile_reply_costs_little_and_breaks_nothing(reply: bytes) -> None:
    async def scenario(server: ScriptedServer) -> None:
        node, _ = node_at(server.address)
        server.answer = lambda _: reply
        for _ in range(2):
            with suppress(RedisError):
                assert await ask(node) == [b"PONG"]
        server.answer = pong

        await wait_for_pong(node)

    run(scenario)


def test_server_that_breaks_every_connection_is_not_besieged() -> None:
    async def scenario(server: ScriptedServer) -> None:
        node, _ = node_at(server.address)
        server.answer = lambda _: b""
        end = asyncio.get_running_loop().time() + 1
        while asyncio.get_running_loop().time() < end:
            await fails(ask(node), RedisError)
            await asyncio.sleep(0.001)
        assert server.connections <= 6

    run(scenario)


def test_attempt_to_connect_outlives_the_question() -> None:
    async def scenario(server: ScriptedServer) -> None:
        ready, attempts = asyncio.Event(), []

        async def connect(address: RedisAddress) -> Connection:
            attempts.append(address)
            await ready.wait()
            return await open_connection(Connection, address)

        node = Node(server.address, None, connect, lambda: MemoryBudget(2**20, None).open(None), lambda: None)
        await fails(ask(node), RedisTimeout)
        await fails(ask(node), RedisTimeout)
        ready.set()
        assert await ask(node) == [b"PONG"]
        assert len(attempts) == server.connections == 1

    run(scenario)


def test_either_password_of_a_rotation_is_tried(tmp_path: Path) -> None:
    async def scenario(server: ScriptedServer) -> None:
        (tmp_path / "password").write_text("new")
        (tmp_path / "password_previous").write_text("old")
        server.answer = lambda words: pong(words) if words[-1] in ("old", "PING") else b"-WRONGPASS invalid\r\n"
        node, _ = node_at(server.address, tmp_path / "password")
        await fails(ask(node), ErrorReply)

        await wait_for_pong(node)
        assert [words[-1] for words in server.commands if words[0] == "AUTH"] == ["new", "old"]

    run(scenario)
