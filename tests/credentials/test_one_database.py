"""No command reaches another database than the first: nothing could read it, count it or empty it."""

from collections.abc import Callable, Iterator

import pytest

from tests.credentials.entrances import ENTRANCES, is_refused
from tests.faults.traffic import client_of
from tests.harness.redis_server import RedisServer
from tests.harness.sidecar import Sidecar

pytestmark = pytest.mark.every_server


@pytest.fixture(params=[1, 16])
def server(request: pytest.FixtureRequest, redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A server with that number of databases."""
    server = RedisServer(redis_server.binary, tmp_path_factory.mktemp("databases"), settings=f'save ""\ndatabases {request.param}\n')
    server.start()
    yield server
    server.stop()


def test_copy_fills_no_other_database(server: RedisServer, start_sidecar: Callable[..., Sidecar]) -> None:
    sidecar = start_sidecar(server)
    with client_of(sidecar, sidecar.api_key) as http:
        assert http.post("/", json=["SET", "k", "v"]).status_code == 200
        for name, entrance in ENTRANCES.items():
            assert is_refused(entrance(http, ["COPY", "k", "k2", "DB", "1"])), name
        # Where there is one database, COPY itself works.
        assert http.post("/", json=["COPY", "k", "k3"]).status_code == (200 if "databases 1\n" in server.settings else 403)
    assert [name for name in server.client().info("keyspace") if name.startswith("db")] == ["db0"]
