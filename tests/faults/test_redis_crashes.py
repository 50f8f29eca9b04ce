"""Redis dies by SIGKILL under load and comes back: nothing that was acknowledged is lost, nothing is done twice."""

import time
from collections import Counter
from collections.abc import Callable

import httpx
import pytest

from tests.credentials.forging import claims
from tests.faults.traffic import ask_outside, client_of, echo, traffic
from tests.harness.redis_server import RedisServer
from tests.harness.sidecar import Sidecar
from tests.harness.tokens import mint_token
from tests.harness.waiting import wait_until

pytestmark = [pytest.mark.every_server, pytest.mark.slow]


def kill_between_fsyncs(redis_server: RedisServer) -> None:
    """Kill Redis with SIGKILL while no acknowledged write is only in its own memory.

    With `appendfsync everysec` Redis writes to the file before it answers, and what the kernel has outlives the
    process. There is one exception (`flushAppendOnlyFile` in aof.c): while the fsync of each second runs, the write
    waits, up to two seconds, and the answer does not. So the promise holds for a kill between two fsyncs: this lets no
    other begin, and waits for the end of the one that may be running.
    """
    client = redis_server.client()
    client.config_set("appendfsync", "no")
    wait_until(lambda: client.info("persistence")["aof_pending_bio_fsync"] == 0)
    redis_server.kill()


@pytest.fixture
def started(redis_server: RedisServer, start_sidecar: Callable[..., Sidecar]) -> Sidecar:
    """A sidecar over an empty Redis."""
    redis_server.client().flushall()
    return start_sidecar(redis_server)


def test_write_acknowledged_before_a_crash_survives_it(started: Sidecar, redis_server: RedisServer) -> None:
    def write(http: httpx.Client, tag: str) -> httpx.Response:
        return http.post(f"/keys/{tag}", json={"value": tag})

    with traffic(started, write) as result:
        result.wait_for(300)
        kill_between_fsyncs(redis_server)
        result.wait_for(100, status=503)
        redis_server.restart()
        back = time.monotonic()
        result.wait_for(300)
    database = redis_server.client()
    written = result.with_status(200)
    assert database.mget([one.tag for one in written]) == [one.tag.encode() for one in written]
    assert {one.status for one in result.seen} == {200, 503}
    assert result.failures == []
    assert max(one.latency for one in result.with_status(503)) < 1
    assert all(int(one.retry_after or "none") > 0 for one in result.with_status(503))
    first = min(one.started for one in written if one.started > back)
    assert first - back < 5


def test_command_whose_outcome_is_unknown_is_an_error_and_is_never_sent_twice(started: Sidecar, redis_server: RedisServer) -> None:
    loading: set[str] = set()

    def append(http: httpx.Client, tag: str) -> httpx.Response:
        answer = http.post("/pipeline", json=[["RPUSH", "log", tag], ["INCR", "count"]])
        # Errors of Redis are in the items of a 200; that of a Redis that has just started is the only one expected here.
        if answer.status_code == 200 and any(item.get("error", "").startswith("LOADING") for item in answer.json()):
            loading.add(tag)
        return answer

    with traffic(started, append) as result:
        for _ in range(3):
            result.wait_for(150)
            kill_between_fsyncs(redis_server)
            result.wait_for(20, status=503)
            redis_server.restart()
        result.wait_for(150)
    assert result.failures == []
    database = redis_server.client()
    times = Counter(database.lrange("log", 0, -1))
    acknowledged = [one for one in result.with_status(200) if one.tag not in loading]
    errors = len(result.seen) - len(acknowledged)
    assert set(times.values()) == {1}
    assert [one.tag for one in acknowledged if one.tag.encode() not in times] == []
    assert len(acknowledged) <= int(database.get("count") or 0) <= len(acknowledged) + errors
    assert {one.status for one in result.seen} == {200, 503}


def test_sidecar_is_alive_but_not_ready_without_redis(started: Sidecar, redis_server: RedisServer) -> None:
    redis_server.kill()
    wait_until(lambda: ask_outside(started, "/readyz").status_code == 503)
    assert ask_outside(started, "/livez").status_code == 200
    with client_of(started) as http:
        for answer in (
            http.get("/keys/a"),
            http.post("/keys/a", json={"value": "v"}),
            http.post("/raw-command", json={"command": "PING"}),
            http.post("/", json=["PING"]),
            http.post("/pipeline", json=[["PING"]]),
            http.post("/multi-exec", json=[["PING"]]),
            http.post("/", json=["BLPOP", "a", "1"]),
            http.post("/subscribe/news"),
            http.post("/monitor"),
        ):
            assert answer.status_code == 503, answer.request
            assert int(answer.headers["retry-after"]) > 0
            assert list(answer.json()) == ["error"]
            assert answer.elapsed.total_seconds() < 1
        assert http.get("/keys/a", headers={"Authorization": "Bearer wrong"}).status_code == 401
    redis_server.restart()
    wait_until(lambda: ask_outside(started, "/readyz").status_code == 200, limit_seconds=5)


def test_waiting_command_and_stream_end_when_redis_dies(started: Sidecar, redis_server: RedisServer) -> None:
    with client_of(started) as http, http.stream("POST", "/subscribe/news") as stream:
        lines = stream.iter_lines()
        assert next(line for line in lines if line) == "data: subscribe,news,1"
        with traffic(started, wait_in_vain, clients=2) as waiting:
            wait_until(lambda: blocked(redis_server) == 2)
            redis_server.kill()
            died = time.monotonic()
            waiting.wait_for(2, status=503)
            assert all("message" not in line for line in lines)
            assert time.monotonic() - died < 3
            redis_server.restart()
            # The last round of waiting commands reached the new Redis; let them go.
            wait_until(lambda: blocked(redis_server) == 2)
            redis_server.kill()
    redis_server.restart()


def wait_in_vain(http: httpx.Client, _: str) -> httpx.Response:
    return http.post("/", json=["BLPOP", "never", "20"])


def blocked(redis_server: RedisServer) -> int:
    return int(redis_server.client().info("clients")["blocked_clients"])


def test_connection_comes_back_each_time(started: Sidecar, redis_server: RedisServer) -> None:
    with traffic(started, echo, clients=2, pause=0.002) as result:
        for _ in range(4):
            result.wait_for(20)
            redis_server.kill()
            result.wait_for(5, status=503)
            redis_server.restart()
            result.wait_for(20, seconds=5)
    assert {one.status for one in result.seen} == {200, 503}
    assert result.failures == []


def test_every_grant_is_served_as_soon_as_the_sidecar_is_ready_again(started: Sidecar, redis_server: RedisServer) -> None:
    tokens = [mint_token(started, **claims(started, acl=f"~user:{number}:*")) for number in range(8)]
    clients = [client_of(started, token) for token in tokens]
    for _ in range(3):
        assert {http.get("/echo/hello").status_code for http in clients} == {200}
        redis_server.kill()
        # Their connections wait for longer and longer between two attempts meanwhile.
        with traffic(started, echo, clients=1, pause=0.02) as refused:
            refused.wait_for(20, status=503)
        redis_server.restart()
        started.wait_until_ready()
        assert [http.get("/echo/hello").status_code for http in clients] == [200] * len(clients)
    for http in clients:
        http.close()
