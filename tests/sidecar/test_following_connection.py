"""A connection that follows the primary: it holds commands while there is none, and nothing is executed twice."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest

from kuberedis_sidecar.errors import ErrorReply, NotExecuted, RedisUnavailable, Unauthorized
from kuberedis_sidecar.redis import following_connection
from kuberedis_sidecar.redis.batch import set_result
from kuberedis_sidecar.redis.command_table import CommandTable
from kuberedis_sidecar.redis.connection import Connection
from kuberedis_sidecar.redis.endpoints import PrimaryEndpoint
from kuberedis_sidecar.redis.following_connection import FollowingConnection
from kuberedis_sidecar.redis.login import require_primary
from kuberedis_sidecar.redis.replies import MULTI, Command
from kuberedis_sidecar.redis.shared_connection import ConnectionState
from kuberedis_sidecar.settings import RedisAddress
from tests.harness.redis_server import RedisServer
from tests.harness.waiting import until, wait_until

_LIMIT_SECONDS = 10

INCR: Command = ("INCR", "count")


class Pair:
    """A primary and its replica, one of which the endpoint is moved to by hand."""

    def __init__(self, first: RedisServer, second: RedisServer) -> None:
        self.first = first
        self.second = second
        self.endpoint = PrimaryEndpoint(context=_no_tls)
        self.endpoint.move(RedisAddress(port=first.port))
        self.connection = FollowingConnection(self.endpoint, self._log_in, _LIMIT_SECONDS)

    async def _log_in(self, connection: Connection) -> None:
        await connection.call(("AUTH", "default", self.first.password))
        await require_primary(connection)
        [reply] = await connection.call(("COMMAND",))
        self.endpoint.table = CommandTable.from_reply(reply)

    async def up(self) -> None:
        """Wait until commands can be sent."""
        await until(lambda: self.connection.state is ConnectionState.UP, what="the connection")

    def send(self, *commands: Command, **options: Any) -> asyncio.Future[Any]:
        """Send commands; their `Result`."""
        result: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.connection.send(commands, set_result(result), **options)
        return result

    def promote(self) -> None:
        """Make the replica a primary, of which the endpoint is not told."""
        self.second.client().replicaof("NO", "ONE")

    async def hold_back(self) -> None:
        """Wait until the first one holds a write back."""
        client = self.first.client()
        await until(lambda: any("b" in each["flags"] for each in client.client_list()), what="a paused client")

    def pause(self) -> None:
        """Have the first one hold writes back, as the beginning of a planned switchover does."""
        client: Any = self.first.client()
        client.execute_command("CLIENT", "PAUSE", "10000", "WRITE")

    def demote(self) -> None:
        """Have the first one follow the other, as a planned switchover does: what it held back is refused."""
        transaction: Any = self.first.client().pipeline(transaction=True)
        transaction.execute_command("CLIENT", "UNPAUSE")
        transaction.execute_command("REPLICAOF", "127.0.0.1", self.second.port)
        transaction.execute()

    def move(self) -> None:
        """Tell the endpoint."""
        self.endpoint.move(RedisAddress(port=self.second.port))

    def count(self, server: RedisServer | None = None) -> int:
        """How often `INCR` was executed, as the second one knows."""
        return int((server or self.second).client().get("count") or 0)


def _no_tls() -> Any:
    raise AssertionError("no address here has TLS")


@pytest.fixture(scope="module")
def second(own_redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A server with the same password."""
    server = RedisServer(own_redis_server.binary, tmp_path_factory.mktemp("second"), password=own_redis_server.password)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def servers(own_redis_server: RedisServer, second: RedisServer) -> tuple[RedisServer, RedisServer]:
    """An empty primary and its replica, in sync."""
    first = own_redis_server
    for server in (first, second):
        server.continue_signal()
        if server.process.poll() is not None:
            server.restart()
        client = server.client()
        client.client_unpause()
        client.config_set("masterauth", server.password)
        client.config_set("repl-diskless-sync-delay", "0")
    first.client().replicaof("NO", "ONE")
    first.client().flushall()
    second.client().replicaof("127.0.0.1", str(first.port))
    wait_until(lambda: second.client().info("replication")["master_link_status"] == "up", what="the replica")
    return first, second


@pytest.fixture
def run(servers: tuple[RedisServer, RedisServer]) -> Callable[[Callable[[Pair], Awaitable[None]]], None]:
    """Runs a scenario with a connection that is up."""

    def run(scenario: Callable[[Pair], Awaitable[None]]) -> None:
        async def whole() -> None:
            pair = Pair(*servers)
            await pair.up()
            try:
                async with asyncio.timeout(_LIMIT_SECONDS):
                    await scenario(pair)
            finally:
                await pair.connection.close()

        asyncio.run(whole())

    return run


Run = Callable[[Callable[[Pair], Awaitable[None]]], None]


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
