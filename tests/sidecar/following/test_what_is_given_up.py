"""What a connection that follows the primary gives up: what nobody may have any more, what takes too long, and what fails again."""

import asyncio
from contextlib import suppress
from typing import Any

import pytest

from kuberedis_sidecar.errors import ErrorReply, NotExecuted, RedisUnavailable, Unauthorized
from kuberedis_sidecar.redis import following_connection
from kuberedis_sidecar.redis.batch import set_result
from kuberedis_sidecar.redis.command_table import CommandTable
from kuberedis_sidecar.redis.held_batch import HeldBatch
from kuberedis_sidecar.redis.opening import open_connection
from kuberedis_sidecar.redis.resending_connection import LAST_REFUSALS_SECONDS, ResendingConnection
from kuberedis_sidecar.redis.shared_connection import ConnectionState
from kuberedis_sidecar.settings import RedisAddress
from tests.harness.scripted_server import ScriptedServer
from tests.harness.waiting import until
from tests.sidecar.following.conftest import INCR, Pair, Run


def test_held_command_is_not_executed_when_its_credential_ends(run: Run) -> None:
    async def scenario(pair: Pair) -> None:
        pair.promote()
        pair.demote()
        ended = pair.send(INCR, refuse=lambda: Unauthorized("the token has expired"))
        valid = pair.send(INCR, refuse=lambda: None)
        await until(lambda: pair.connection.state is ConnectionState.CONNECTING, what="a refusal")
        pair.move()
        assert isinstance(await ended, Unauthorized)
        assert await valid == [1]

    run(scenario)


def test_write_that_was_executed_after_the_primary_was_left_does_not_count() -> None:
    async def scenario() -> None:
        async with ScriptedServer(lambda _: None).listening() as server:
            connection = await open_connection(ResendingConnection, server.address)
            connection.table = CommandTable(writes=frozenset({"incr"}))
            again: list[HeldBatch] = []
            connection.on_again = again.append
            results: list[asyncio.Future[Any]] = [asyncio.get_running_loop().create_future() for _ in range(2)]
            for result in results:
                connection.send((INCR, INCR, INCR), set_result(result), deadline=asyncio.get_running_loop().time() + 10)
            await until(lambda: len(server.commands) == 6, what="the commands")
            server.send(b":1\r\n")
            await until(lambda: connection.oldest[1] == 1, what="the first reply")
            connection.leave()
            server.send(2 * b"-READONLY no\r\n" + b":2\r\n" + 2 * b"-READONLY no\r\n")
            # The first reply to the first batch came before.
            assert isinstance(await asyncio.wait_for(results[1], 10), RedisUnavailable)
            assert [batch.replies for batch in again] == [[1]]

    asyncio.run(scenario())


@pytest.mark.parametrize("answers", [True, False])
def test_refusals_of_a_primary_that_was_silent_are_not_waited_for(run: Run, answers: bool) -> None:
    async def scenario(pair: Pair) -> None:
        pair.pause()
        held_back = pair.send(INCR)
        await pair.hold_back()
        pair.promote()
        pair.endpoint.previous_answers = answers
        began = asyncio.get_running_loop().time()
        pair.move()
        assert isinstance(await held_back, RedisUnavailable)
        waited = asyncio.get_running_loop().time() - began
        assert waited >= LAST_REFUSALS_SECONDS if answers else waited < LAST_REFUSALS_SECONDS

    run(scenario)


def test_commands_fail_when_there_is_no_primary_in_time(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following_connection, "HOLD_SECONDS", 0.3)

    async def scenario(pair: Pair) -> None:
        pair.endpoint.move(None)
        began = asyncio.get_running_loop().time()
        held = pair.send(INCR)
        assert isinstance(await held, RedisUnavailable)
        assert "not carried out" in str(held.result())
        assert asyncio.get_running_loop().time() - began >= 0.3
        began = asyncio.get_running_loop().time()
        assert isinstance(await pair.send(INCR), RedisUnavailable)
        assert asyncio.get_running_loop().time() - began < 0.2
        pair.endpoint.move(RedisAddress(port=pair.first.port))
        assert await pair.send(INCR) == [1]

    run(scenario)


def test_script_that_replies_like_a_replica_is_not_executed_for_ever(run: Run) -> None:
    async def scenario(pair: Pair) -> None:
        script = "redis.call('INCR', 'count') return redis.error_reply('READONLY by myself')"
        [reply] = await pair.send(("EVAL", script, "1", "count"))
        assert isinstance(reply, ErrorReply)
        assert pair.count(pair.first) <= 3

    run(scenario)


def test_read_that_breaks_the_connection_is_given_up(run: Run) -> None:
    async def scenario(pair: Pair) -> None:
        client = pair.first.client()
        client.rpush("large", *range(100_000))
        client.config_set("client-output-buffer-limit", "normal 100kb 0 0")
        try:
            result = await pair.send(("LRANGE", "large", "0", "-1"))
        finally:
            client.config_set("client-output-buffer-limit", "normal 0 0 0")
        assert isinstance(result, RedisUnavailable)
        assert pair.connection.connects <= 4
        await pair.up()
        assert await pair.send(INCR) == [1]

    run(scenario)


@pytest.mark.every_server
def test_connection_of_ones_own_ends_with_what_was_not_executed(run: Run) -> None:
    async def scenario(pair: Pair) -> None:
        dedicated = await pair.connection.open()
        result: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        dedicated.send([INCR, ("BLPOP", "list", "0")], set_result(result), float("inf"))
        await until(lambda: pair.first.client().info("clients")["blocked_clients"] == 1, what="the blocked client")
        await until(lambda: pair.count() == 1, what="the replica")
        pair.promote()
        pair.move()
        pair.demote()
        outcome = await result
        assert isinstance(outcome, NotExecuted)
        assert outcome.replies == [1]
        await until(lambda: dedicated.closed, what="its end")

    run(scenario)


def test_closing_gives_up_what_is_held(run: Run) -> None:
    async def scenario(pair: Pair) -> None:
        pair.endpoint.move(None)
        held = pair.send(INCR)
        with suppress(RedisUnavailable):
            await pair.connection.close()
        assert isinstance(await held, RedisUnavailable)
        assert pair.connection.in_flight == 0

    run(scenario)
