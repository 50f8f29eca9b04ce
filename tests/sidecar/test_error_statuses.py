"""Which status each kind of Redis error gets, at every entrance."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis

from tests.harness.redis_server import RedisServer
from tests.harness.sidecar import Sidecar
from tests.harness.tokens import mint_token
from tests.harness.waiting import wait_until
from tests.sidecar.calls import Answer, Caller

pytestmark = pytest.mark.every_server


@pytest.fixture(scope="module")
def redis_server(own_redis_server: RedisServer) -> RedisServer:
    """A server of this module's own: it becomes full, a replica, and busy."""
    return own_redis_server


@pytest.fixture(autouse=True)
def _emptied(redis_server: RedisServer) -> None:
    redis_server.client().flushall()


def write_everywhere(call: Caller, headers: dict[str, str] | None = None) -> list[Answer]:
    """A SET at each entrance that answers one command or all of them with one status."""

    def sent(path: str, body: object) -> Answer:
        return call("POST", path, json.dumps(body).encode(), headers)

    return [
        sent("/", ["SET", "k", "v"]),
        call("POST", "/set/k/v", headers=headers),
        sent("/multi-exec", [["SET", "k", "v"]]),
        sent("/keys/k", {"value": "v"}),
        sent("/hashes/h", {"field": "f", "value": "v"}),
        sent("/raw-command", {"command": "SET", "args": ["k", "v"]}),
    ]


def expect(answers: list[Answer], status: int, code: str) -> None:
    for answer in answers:
        assert answer.status == status
        assert answer.error().startswith(f"{code} ")
        assert ("Retry-After" in answer.headers) == (status == 503)


@pytest.fixture
def full(redis_server: RedisServer) -> Iterator[redis.Redis]:
    """A Redis whose memory is used up."""
    client = redis_server.client()
    client.config_set("maxmemory", "1")
    yield client
    client.config_set("maxmemory", "0")


@pytest.mark.usefixtures("full")
def test_out_of_memory_is_507(call: Caller) -> None:
    expect(write_everywhere(call), 507, "OOM")
    assert call.command("GET", "k").json() == {"result": None}


@pytest.mark.usefixtures("full")
def test_out_of_memory_in_a_pipeline_stays_in_its_place(call: Caller) -> None:
    answer = call.batch("/pipeline", ["SET", "k", "v"], ["GET", "k"])
    assert answer.status == 200
    assert answer.json()[0]["error"].startswith("OOM ")
    assert answer.json()[1] == {"result": None}


@pytest.fixture
def replica(redis_server: RedisServer) -> Iterator[redis.Redis]:
    """A Redis that was made a replica of one that is not there."""
    client = redis_server.client()
    client.config_set("replica-serve-stale-data", "yes")
    client.replicaof("127.0.0.1", "1")
    yield client
    client.replicaof("NO", "ONE")
    client.config_set("replica-serve-stale-data", "yes")


@pytest.mark.usefixtures("replica")
def test_write_to_a_replica_is_503(call: Caller) -> None:
    expect(write_everywhere(call), 503, "READONLY")
    assert call.command("GET", "k").json() == {"result": None}


def test_replica_without_its_primary_is_503(call: Caller, replica: redis.Redis) -> None:
    replica.config_set("replica-serve-stale-data", "no")
    reads = [call.command("GET", "k"), call("GET", "/get/k"), call("GET", "/keys/k"), call("GET", "/hashes/h/f")]
    expect(reads, 503, "MASTERDOWN")


def test_write_after_the_failover_is_served_again(call: Caller, redis_server: RedisServer) -> None:
    redis_server.client().replicaof("127.0.0.1", "1")
    expect(write_everywhere(call), 503, "READONLY")
    redis_server.client().replicaof("NO", "ONE")
    wait_until(lambda: [answer.status for answer in write_everywhere(call)] == [200] * 6, what="writes")


def test_refused_permission_is_403(call: Caller, sidecar: Sidecar) -> None:
    reader = {"Authorization": f"Bearer {mint_token(sidecar, scope='read')}"}
    expect(write_everywhere(call, reader), 403, "NOPERM")


def test_script_that_runs_too_long_is_503_to_others(call: Caller, redis_server: RedisServer) -> None:
    """Redis answers BUSY meanwhile; SCRIPT KILL ends it."""
    redis_server.client().config_set("busy-reply-threshold", "50")

    def refused() -> list[Answer]:
        return [answer for answer in [call.command("GET", "k")] if answer.status != 200]

    with ThreadPoolExecutor() as pool:
        script = pool.submit(redis_server.client().eval, "while true do end", 0)
        try:
            expect(wait_until(refused, what="BUSY"), 503, "BUSY")
        finally:
            redis_server.client().script_kill()
        with pytest.raises(redis.ResponseError):
            script.result()
    assert call.command("GET", "k").json() == {"result": None}
