"""A primary, its replica, and a connection that follows whichever of them the endpoint is moved to."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

from kuberedis_sidecar.redis.batch import set_result
from kuberedis_sidecar.redis.command_table import CommandTable
from kuberedis_sidecar.redis.connection import Connection
from kuberedis_sidecar.redis.endpoints import PrimaryEndpoint
from kuberedis_sidecar.redis.following_connection import FollowingConnection
from kuberedis_sidecar.redis.login import require_primary
from kuberedis_sidecar.redis.replies import Command
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
        self.endpoint = PrimaryEndpoint(context=no_tls)
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


def no_tls() -> Any:
    """For addresses without TLS."""
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
