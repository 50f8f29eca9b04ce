"""What `/metrics` says of requests: which commands, how much, how long, and why some were refused; the same on both HTTP paths."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
import redis

from tests.credentials.forging import claims
from tests.faults.traffic import client_of
from tests.harness.redis_server import RedisServer
from tests.harness.sidecar import Sidecar
from tests.harness.tokens import mint_token
from tests.harness.waiting import wait_until
from tests.telemetry.page import Page, scrape

pytestmark = [pytest.mark.usefixtures("flushed"), pytest.mark.every_server]

BODY = "x" * 20_000
REFUSED = "kuberedis_http_refused_requests_total"


@pytest.fixture(scope="module")
def redis_server(own_redis_server: RedisServer) -> RedisServer:
    """A server of this module's own: commands are counted, and it is frozen."""
    return own_redis_server


@pytest.fixture(scope="module", params=["true", "false"], ids=["fast", "sanic"])
def measured(request: pytest.FixtureRequest, redis_server: RedisServer, start_sidecar: Callable[..., Sidecar]) -> Sidecar:
    """A sidecar with low limits, by each HTTP path."""
    return start_sidecar(
        redis_server,
        KUBEREDIS_FAST_PATH=request.param,
        KUBEREDIS_MAX_BODY_BYTES="200000",
        KUBEREDIS_MAX_REQUESTS="2",
        KUBEREDIS_MAX_BLOCKING_CONNECTIONS="1",
        KUBEREDIS_MAX_SUBSCRIBERS="1",
    )


@pytest.fixture
def http(measured: Sidecar) -> Iterator[httpx.Client]:
    """A client with the instance key."""
    with client_of(measured) as client:
        yield client


def more(before: Page, after: Page, name: str, **labels: str) -> float:
    return after.total(name, **labels) - before.total(name, **labels)


def test_each_command_counts_wherever_it_stands(measured: Sidecar, http: httpx.Client) -> None:
    before = scrape(measured)
    http.post("/keys/a", json={"value": "v"})
    http.post("/pipeline", json=[["SET", "a", "1"]] * 100)
    http.post("/multi-exec", json=[["GET", "a"], ["INCR", "a"]])
    http.post("/", json=["EVAL", "return redis.call('hset', 'h', 'f', 'v')", "1", "h"])
    assert http.post("/", json=["LPUSH", "a", "v"]).status_code == 400
    assert http.post("/", json=["GET"]).status_code == 400
    assert http.post("/", json=["XGROUP", "CREATE", "s", "g", "$", "MKSTREAM"]).status_code == 200
    after = scrape(measured)
    expected = {"set": (101, 0), "get": (2, 1), "incr": (1, 0), "eval": (1, 0), "hset": (1, 0), "lpush": (1, 1), "xgroup": (1, 0)}
    for command, (calls, failed) in expected.items():
        counts = [more(before, after, f"kuberedis_commands{kind}_total", command=command) for kind in ("", "_failed")]
        assert (command, counts) == (command, [calls, failed])
    assert 0 < more(before, after, "kuberedis_command_seconds_total", command="set") < 1
    assert not after.values("kuberedis_commands_total", "command") & {"acl", "auth", "client", "config", "info", "command", "slowlog"}


def test_names_that_redis_does_not_know_make_no_series(measured: Sidecar, http: httpx.Client) -> None:
    before = scrape(measured).values("kuberedis_commands_total", "command")
    for number in range(20):
        assert http.post("/", json=[f"NOSUCH{number}", "secret"]).status_code == 400
    assert scrape(measured).values("kuberedis_commands_total", "command") == before


def test_bodies_are_counted_in_both_directions(measured: Sidecar, http: httpx.Client) -> None:
    # The first request of a grant waits for its connection, off the fast path.
    http.get("/keys/a")
    before = scrape(measured)
    sent = http.post("/keys/a", content=BODY, headers={"Content-Type": "application/octet-stream"}).request
    answers = [http.get("/keys/a"), http.get("/keys/a", headers={"Accept": "application/octet-stream"}), http.head("/keys/a")]
    after = scrape(measured)
    assert more(before, after, "kuberedis_http_received_bytes_total") == len(sent.content) == len(BODY)
    received = sum(len(answer.content) for answer in answers)
    assert 0 <= more(before, after, "kuberedis_http_sent_bytes_total") - received < 100


def test_the_part_of_redis_is_told_apart_from_that_of_http(measured: Sidecar, redis_server: RedisServer, http: httpx.Client) -> None:
    whole, part = "kuberedis_http_request_duration_seconds", "kuberedis_redis_duration_seconds"
    http.get("/echo/hello")
    before = scrape(measured)
    with ThreadPoolExecutor() as pool:
        redis_server.stop_signal()
        try:
            answer = pool.submit(http.get, "/echo/hello")
            wait_until(lambda: scrape(measured).total("kuberedis_http_requests_in_flight") == 1, what="a request in flight")
        finally:
            redis_server.continue_signal()
        assert answer.result().status_code == 200
    # Neither a request that is refused without Redis nor one that waits on purpose says anything of Redis.
    http.get("/keys/a", headers={"Authorization": "Bearer wrong"})
    http.post("/", json=["BLPOP", "q", "0.1"])
    after = scrape(measured)
    assert (more(before, after, f"{part}_count"), more(before, after, f"{whole}_count")) == (1, 3)
    seconds = more(before, after, f"{part}_sum")
    assert 0 < seconds <= more(before, after, f"{whole}_sum")
    assert more(before, after, f"{part}_bucket", le="0.0005") == 0
    assert after.total("kuberedis_http_requests_in_flight") == 0


def test_each_refusal_has_its_cause(measured: Sidecar, redis_server: RedisServer, http: httpx.Client, database: redis.Redis) -> None:
    before = scrape(measured)
    reader = {"Authorization": f"Bearer {mint_token(measured, **claims(measured, scope='read'))}"}

    def wait(command: list[str]) -> int:
        with client_of(measured) as client:
            return client.post("/", json=command).status_code

    assert http.get("/keys/a", headers={"Authorization": "Bearer wrong"}).status_code == 401
    assert http.post("/keys/a", json={"value": "v"}, headers=reader).status_code == 403
    assert http.post("/keys/a", json={"value": "v" * 300_000}).status_code == 413
    with ThreadPoolExecutor() as pool, http.stream("POST", "/subscribe/news") as stream:
        assert stream.status_code == 200
        waiting = pool.submit(wait, ["BLPOP", "q", "10"])
        wait_until(lambda: scrape(measured).total("kuberedis_blocking_connections") == 1, what="a blocking command")
        assert wait(["BLPOP", "q", "10"]) == 429
        with client_of(measured) as client:
            assert client.post("/subscribe/news").status_code == 429
        database.rpush("q", "v")
        assert waiting.result() == 200
        redis_server.stop_signal()
        try:
            held = [pool.submit(wait, ["PING"]) for _ in range(2)]
            wait_until(lambda: scrape(measured).total("kuberedis_commands_in_flight") == 2, what="requests at Redis")
            assert wait(["PING"]) == 429
        finally:
            redis_server.continue_signal()
        assert [answer.result() for answer in held] == [200, 200]
    after = scrape(measured)
    causes = {cause: more(before, after, REFUSED, cause=cause) for cause in after.values(REFUSED, "cause")}
    assert {cause: count for cause, count in causes.items() if count} == {
        "unauthorized": 1,
        "forbidden": 1,
        "too_large": 1,
        "limit_blocking": 1,
        "limit_subscribers": 1,
        "limit_requests": 1,
    }
