"""The limit of a body applies on both paths, also when head and body arrive in one segment."""

from collections.abc import Callable

import pytest

from tests.faults.traffic import client_of
from tests.harness.redis_server import RedisServer
from tests.harness.sidecar import Sidecar

LIMIT = 2000


@pytest.fixture(scope="module", params=["true", "false"], ids=["fast", "sanic"])
def narrow(request: pytest.FixtureRequest, redis_server: RedisServer, start_sidecar: Callable[..., Sidecar]) -> Sidecar:
    """A sidecar for small bodies, by each HTTP path."""
    return start_sidecar(redis_server, KUBEREDIS_MAX_BODY_BYTES=str(LIMIT), KUBEREDIS_FAST_PATH=request.param)


@pytest.mark.parametrize("size", [LIMIT + 1, 2 * LIMIT, 30_000, 300_000])
def test_body_over_the_limit_is_413_and_stores_nothing(narrow: Sidecar, redis_server: RedisServer, size: int) -> None:
    database = redis_server.client()
    database.flushall()
    octets = {"Content-Type": "application/octet-stream"}
    with client_of(narrow) as http:
        for answer in (
            http.post("/keys/a", content=b"v" * size, headers=octets),
            http.post("/set/a", content=b"v" * size),
            http.post("/keys/a", json={"value": "v" * size}),
            http.post("/", json=["SET", "a", "v" * size]),
            http.post("/pipeline", json=[["SET", "a", "v" * size]]),
        ):
            assert answer.status_code == 413
            assert f"Limit: {LIMIT} bytes" in answer.json()["error"]
        assert not database.exists("a")
        assert http.post("/set/a", content=b"v" * LIMIT).status_code == 200
    assert database.get("a") == b"v" * LIMIT
