"""A connection follows its endpoint: after a move it serves from the new server."""

import asyncio
from collections.abc import Iterator

import pytest

from kuberedis_sidecar.errors import RedisUnavailable
from kuberedis_sidecar.redis.batch import set_result
from kuberedis_sidecar.redis.connection import Connection
from kuberedis_sidecar.redis.endpoints import Endpoint
from kuberedis_sidecar.redis.shared_connection import ConnectionState, SharedConnection
from kuberedis_sidecar.settings import RedisAddress
from tests.harness.ports import free_port
from tests.harness.redis_server import RedisServer
from tests.harness.waiting import until

_LIMIT_SECONDS = 10


@pytest.fixture(scope="module")
def other_server(redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A second server, to which the endpoint moves."""
    server = RedisServer(redis_server.binary, tmp_path_factory.mktemp("other"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def servers(redis_server: RedisServer, other_server: RedisServer) -> tuple[RedisServer, RedisServer]:
    """Two servers, each with its own port as the value of the key ``port``."""
    for server in (redis_server, other_server):
        server.client().set("port", server.port)
    return redis_server, other_server


def address(server: RedisServer) -> RedisAddress:
    """The address of a server."""
    return RedisAddress(port=server.port)


def connect(endpoint: Endpoint, *servers: RedisServer) -> SharedConnection:
    """A connection to the endpoint, logged in as the default user of whichever server it is."""
    passwords = {address(server): server.password for server in servers}

    async def login(connection: Connection) -> None:
        assert endpoint.address is not None
        await connection.call(("AUTH", "default", passwords[endpoint.address]))

    return SharedConnection(endpoint, login, _LIMIT_SECONDS)


async def until_up(connection: SharedConnection) -> None:
    """Wait until commands can be sent."""
    await until(lambda: connection.state is ConnectionState.UP, what="the connection")


async def port(connection: SharedConnection) -> int:
    """The port of the server that serves the connection."""
    (value,) = await connection.call(("GET", "port"))
    return int(value)


def test_connection_is_served_by_the_new_server_after_a_move(servers: tuple[RedisServer, RedisServer]) -> None:
    async def scenario() -> None:
        first, second = servers
        endpoint = Endpoint(address(first))
        connection = connect(endpoint, *servers)
        assert await port(connection) == first.port
        endpoint.move(address(second))
        await until_up(connection)
        assert await port(connection) == second.port
        assert connection.connects == 2
        await connection.close()

    asyncio.run(scenario())


def test_connection_to_a_server_that_is_away_follows_a_move(servers: tuple[RedisServer, RedisServer]) -> None:
    async def scenario() -> None:
        _, second = servers
        endpoint = Endpoint(RedisAddress(port=free_port()))
        connection = connect(endpoint, *servers)
        with pytest.raises(RedisUnavailable):
            await port(connection)
        endpoint.move(address(second))
        await until_up(connection)
        assert await port(connection) == second.port
        await connection.close()

    asyncio.run(scenario())


def test_attempt_to_connect_to_a_server_that_hangs_ends_with_a_move(servers: tuple[RedisServer, RedisServer]) -> None:
    async def scenario() -> None:
        first, second = servers
        first.stop_signal()
        try:
            endpoint = Endpoint(address(first))
            connection = connect(endpoint, *servers)
            await asyncio.sleep(0)
            endpoint.move(address(second))
            assert await port(connection) == second.port
            await connection.close()
        finally:
            first.continue_signal()

    asyncio.run(scenario())


def test_command_in_flight_at_a_move_has_an_unknown_outcome(servers: tuple[RedisServer, RedisServer]) -> None:
    async def scenario() -> None:
        first, second = servers
        endpoint = Endpoint(address(first))
        connection = connect(endpoint, *servers)
        await port(connection)
        first.stop_signal()
        try:
            result: asyncio.Future[object] = asyncio.get_running_loop().create_future()
            connection.send((("GET", "port"),), set_result(result))
            endpoint.move(address(second))
            async with asyncio.timeout(_LIMIT_SECONDS):
                assert isinstance(await result, RedisUnavailable)
        finally:
            first.continue_signal()
        await connection.close()

    asyncio.run(scenario())


def test_command_waits_for_the_connection_that_follows_a_move(servers: tuple[RedisServer, RedisServer]) -> None:
    async def scenario() -> None:
        first, second = servers
        endpoint = Endpoint(address(first))
        connection = connect(endpoint, *servers)
        await port(connection)
        endpoint.move(address(second))
        assert await port(connection) == second.port
        await connection.close()

    asyncio.run(scenario())


def test_closed_connection_does_not_follow(servers: tuple[RedisServer, RedisServer]) -> None:
    async def scenario() -> None:
        first, second = servers
        endpoint = Endpoint(address(first))
        connection = connect(endpoint, *servers)
        await port(connection)
        await connection.close()
        endpoint.move(address(second))
        assert connection.state is ConnectionState.CLOSED
        with pytest.raises(RedisUnavailable):
            await port(connection)

    asyncio.run(scenario())


def test_move_to_the_same_address_changes_nothing() -> None:
    moves: list[RedisAddress | None] = []
    endpoint = Endpoint(RedisAddress(port=1))
    endpoint.add_listener(lambda: moves.append(endpoint.address))
    endpoint.move(RedisAddress(port=1))
    assert moves == []
    endpoint.move(RedisAddress(port=2))
    assert moves == [RedisAddress(port=2)]
