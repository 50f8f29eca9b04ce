"""A connection that follows the primary sends again what was not executed, in order, and nothing that may have been."""

import asyncio

import pytest

from kuberedis_sidecar.errors import RedisUnavailable
from kuberedis_sidecar.redis.replies import MULTI
from kuberedis_sidecar.redis.shared_connection import ConnectionState
from tests.harness.waiting import until
from tests.sidecar.following.conftest import INCR, Pair, Run


@pytest.mark.every_server
def test_commands_that_a_replica_refuses_are_executed_once_by_the_next_primary(run: Run) -> None:
    async def scenario(pair: Pair) -> None:
        pair.promote()
        pair.demote()
        results = [pair.send(INCR) for _ in range(20)]
        pipeline = pair.send(INCR, ("GET", "count"), INCR)
        transaction = pair.send(MULTI, INCR, ("GET", "count"), ("EXEC",))
        raw = pair.send(INCR, raw=True)
        await asyncio.sleep(0)
        await until(lambda: pair.connection.state is ConnectionState.CONNECTING, what="a refusal")
        later = pair.send(INCR)
        pair.move()
        assert [await result for result in results] == [[number] for number in range(1, 21)]
        assert await pipeline == [21, b"21", 22]
        assert (await transaction)[-1] == [23, b"23"]
        assert await raw == [b":24\r\n"]
        assert await later == [25]
        assert pair.count() == 25

    run(scenario)


@pytest.mark.every_server
def test_write_that_a_planned_switchover_held_back_is_executed_once(run: Run) -> None:
    async def scenario(pair: Pair) -> None:
        assert await pair.send(INCR) == [1]
        await until(lambda: pair.count() == 1, what="the replica")
        pair.pause()
        held_back = [pair.send(INCR), pair.send(MULTI, INCR, ("EXEC",))]
        await pair.hold_back()
        pair.promote()
        pair.move()
        assert await pair.send(INCR) == [2]
        pair.demote()
        assert await held_back[0] == [3]
        assert (await held_back[1])[-1] == [4]
        assert pair.count() == 4

    run(scenario)


def test_reads_in_flight_are_sent_again_and_writes_have_an_unknown_outcome(run: Run) -> None:
    async def scenario(pair: Pair) -> None:
        assert await pair.send(("SET", "key", "value")) == [b"OK"]
        await until(lambda: pair.second.client().get("key") == b"value", what="the replica")
        pair.first.stop_signal()
        read, write = pair.send(("GET", "key")), pair.send(INCR)
        reads, mixed = pair.send(("GET", "key"), ("STRLEN", "key")), pair.send(("GET", "key"), INCR)
        await asyncio.sleep(0)
        pair.first.kill()
        pair.promote()
        await until(lambda: pair.connection.state is not ConnectionState.UP, what="the end of the connection")
        never_sent = pair.send(INCR)
        pair.move()
        assert await read == [b"value"]
        assert await reads == [b"value", 5]
        for unknown in (write, mixed):
            assert "may have been carried out" in str(await unknown)
        assert await never_sent == [1]
        assert pair.count() == 1

    run(scenario)


def test_server_that_is_gone_without_a_word_holds_nobody_up_after_the_move(run: Run) -> None:
    async def scenario(pair: Pair) -> None:
        pair.first.stop_signal()
        read, write = pair.send(("GET", "key")), pair.send(INCR)
        await asyncio.sleep(0)
        pair.promote()
        pair.move()
        assert await read == [None]
        assert await pair.send(INCR) == [1]
        assert isinstance(await write, RedisUnavailable)
        pair.first.continue_signal()
        assert pair.count() == 1

    run(scenario)


def test_reply_to_a_write_does_not_count_once_another_server_is_the_primary(run: Run) -> None:
    async def scenario(pair: Pair) -> None:
        pair.pause()
        write = pair.send(INCR)
        await pair.hold_back()
        pair.promote()
        pair.move()
        await pair.up()
        pair.first.client().client_unpause()
        assert "may have been carried out" in str(await write)
        assert pair.count(pair.first) == 1
        assert pair.count() == 0

    run(scenario)


def test_silent_server_gets_no_more_commands_until_it_answers(run: Run) -> None:
    async def scenario(pair: Pair) -> None:
        pair.first.stop_signal()
        first = pair.send(INCR)
        await until(lambda: pair.connection.state is ConnectionState.CONNECTING, what="silence")
        later = [pair.send(INCR) for _ in range(3)]
        pair.first.continue_signal()
        assert await first == [1]
        assert [await result for result in later] == [[2], [3], [4]]
        assert pair.connection.connects == 1

    run(scenario)


def test_long_pipeline_goes_on_at_the_next_primary(run: Run) -> None:
    async def scenario(pair: Pair) -> None:
        pair.pause()
        pipeline = pair.send(*[INCR] * 1000)
        await pair.hold_back()
        pair.promote()
        pair.move()
        pair.demote()
        assert await pipeline == list(range(1, 1001))
        assert pair.count() == 1000

    run(scenario)
