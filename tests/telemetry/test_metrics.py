"""What `/metrics` reports, parsed as Prometheus parses it."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
import redis

from tests.credentials.forging import claims
from tests.faults.traffic import ask_outside, client_of
from tests.harness.redis_server import RedisServer
from tests.harness.sidecar import Sidecar
from tests.harness.tokens import mint_token
from tests.harness.waiting import wait_until
from tests.telemetry.page import scrape

pytestmark = [pytest.mark.usefixtures("flushed"), pytest.mark.every_server, pytest.mark.slow]


@pytest.fixture(scope="module")
def redis_server(own_redis_server: RedisServer) -> RedisServer:
    """A server of this module's own: it is killed and frozen."""
    return own_redis_server


@pytest.fixture(scope="module", params=["true", "false"], ids=["fast", "sanic"])
def measured(request: pytest.FixtureRequest, redis_server: RedisServer, start_sidecar: Callable[..., Sidecar]) -> Sidecar:
    """A sidecar whose metrics are read, by each HTTP path."""
    return start_sidecar(redis_server, KUBEREDIS_FAST_PATH=request.param, KUBEREDIS_REQUEST_TIMEOUT_SECONDS="3")


@pytest.fixture
def http(measured: Sidecar) -> Iterator[httpx.Client]:
    """A client with the instance key."""
    with client_of(measured) as client:
        yield client


def test_requests_are_counted_by_route_method_and_status(measured: Sidecar, http: httpx.Client) -> None:
    before = scrape(measured)
    for _ in range(3):
        http.post("/keys/a", json={"value": "v"})
    http.post("/keys/a", json={"value": None})
    http.get("/keys/a")
    http.get("/keys/missing")
    http.get("/keys/missing")
    http.delete("/keys/a")
    http.post("/pipeline", json=[["PING"], ["PING"]])
    http.post("/", json=["NOSUCH"])
    http.get("/keys/a", headers={"Authorization": "Bearer wrong"})
    http.request("PATCH", "/keys/a")
    after = scrape(measured)

    def more(**labels: str) -> float:
        name = "kuberedis_http_requests_total"
        labels["name"] = measured.instance
        return after.total(name, **labels) - before.total(name, **labels)

    assert more(method="POST", status="200") == 4
    assert more(method="POST", status="400") == 2
    assert more(method="GET", status="200") == 1
    assert more(method="GET", status="404") == 2
    assert more(method="GET", status="401") == 1
    assert more(method="DELETE", status="200") == 1
    assert more(method="PATCH", status="405") == 1
    assert more() == 12
    routes = after.values("kuberedis_http_requests_total", "route")
    assert not any("missing" in route for route in routes)
    (key_route,) = [route for route in routes if more(route=route, method="GET", status="404")]
    assert more(route=key_route, method="POST", status="200") == 3
    assert more(route=key_route, method="DELETE", status="200") == 1


@pytest.mark.usefixtures("database")
def test_durations_are_a_histogram_of_all_requests(measured: Sidecar, http: httpx.Client) -> None:
    before = scrape(measured)
    for _ in range(20):
        http.get("/echo/hello")
    http.post("/", json=["BLPOP", "q", "0.3"])
    after = scrape(measured)
    name = "kuberedis_http_request_duration_seconds"
    labels = {"name": measured.instance}
    counted = after.total(f"{name}_count", **labels) - before.total(f"{name}_count", **labels)
    assert counted == 21
    assert after.total(f"{name}_bucket", le="+Inf") - before.total(f"{name}_bucket", le="+Inf") == counted
    assert 0.3 < after.total(f"{name}_sum", **labels) - before.total(f"{name}_sum", **labels) < 5
    assert 20 <= after.total(f"{name}_bucket", le="0.25") - before.total(f"{name}_bucket", le="0.25") < 21
    bounds = after.values(f"{name}_bucket", "le") - {"+Inf"}
    assert min(map(float, bounds)) <= 0.001
    assert max(map(float, bounds)) >= 5


def test_number_of_series_does_not_grow_with_what_clients_send(measured: Sidecar, http: httpx.Client) -> None:
    for number in range(3):
        http.get(f"/keys/{number}")
        http.request(f"METHOD{number}", f"/keys/{number}")
        http.get(f"/cmd{number}")
        ask_outside(measured, f"/path{number}")
    before = len(scrape(measured).samples)
    for number in range(100, 300):
        http.get(f"/keys/{number}")
        http.request(f"METHOD{number}", f"/keys/{number}")
        http.get(f"/cmd{number}/x")
        ask_outside(measured, f"/path{number}")
        http.get("/keys/a", headers={"Authorization": f"Bearer wrong{number}"})
    assert len(scrape(measured).samples) <= before + 40


def test_redis_itself_is_described(measured: Sidecar, http: httpx.Client, database: redis.Redis) -> None:
    before = scrape(measured)
    for number in range(7):
        http.post(f"/keys/{number}", json={"value": "v" * 100})
    for number in range(10):
        http.get(f"/keys/{number}")
    after = scrape(measured)
    info = database.info()
    assert after.total("kuberedis_redis_up", name=measured.instance) == 1
    assert after.total("kuberedis_redis_keys", name=measured.instance) == 7
    assert after.total("kuberedis_redis_role", name=measured.instance, role="master") == 1
    hits, misses = "kuberedis_redis_keyspace_hits_total", "kuberedis_redis_keyspace_misses_total"
    assert after.total(hits) - before.total(hits) == 7
    assert after.total(misses) - before.total(misses) == 3
    assert after.total("kuberedis_redis_memory_used_bytes") == pytest.approx(info["used_memory"], rel=0.2)
    assert "kuberedis_redis_evicted_keys_total" in after.names()


def test_evictions_are_counted(measured: Sidecar, http: httpx.Client, database: redis.Redis) -> None:
    before = scrape(measured).total("kuberedis_redis_evicted_keys_total")
    database.config_set("maxmemory-policy", "allkeys-lru")
    database.config_set("maxmemory", int(database.info("memory")["used_memory"]) + 2_000_000)
    try:
        for number in range(40):
            assert http.post(f"/keys/{number}", json={"value": "v" * 100_000}).status_code == 200
        after = scrape(measured)
    finally:
        database.config_set("maxmemory", 0)
        database.config_set("maxmemory-policy", "noeviction")
    assert after.total("kuberedis_redis_evicted_keys_total") > before
    assert after.total("kuberedis_redis_memory_max_bytes") > 0


def test_grants_streams_and_waiting_commands_are_gauges(measured: Sidecar, http: httpx.Client, database: redis.Redis) -> None:
    assert http.get("/echo/hello").status_code == 200
    before = scrape(measured)
    assert before.total("kuberedis_grants") >= 1
    token = mint_token(measured, **claims(measured, acl=f"~for-metrics-{measured.origin}:*"))
    assert http.get("/echo/hello", headers={"Authorization": f"Bearer {token}"}).status_code == 200
    assert scrape(measured).total("kuberedis_grants") == before.total("kuberedis_grants") + 1

    def wait() -> int:
        with client_of(measured) as client:
            return client.post("/", json=["BLPOP", "q", "10"]).status_code

    with ThreadPoolExecutor() as pool, http.stream("POST", "/subscribe/news") as stream:
        assert stream.status_code == 200
        waiting = pool.submit(wait)
        wait_until(lambda: scrape(measured).total("kuberedis_blocking_connections") == 1)
        assert scrape(measured).total("kuberedis_subscribers") == 1
        database.rpush("q", "v")
        assert waiting.result() == 200
    wait_until(lambda: scrape(measured).total("kuberedis_blocking_connections") == 0)
    wait_until(lambda: scrape(measured).total("kuberedis_subscribers") == 0)


def test_commands_in_flight_show_that_redis_hangs(measured: Sidecar, redis_server: RedisServer, http: httpx.Client) -> None:
    assert http.get("/echo/hello").status_code == 200
    assert scrape(measured).total("kuberedis_commands_in_flight") == 0

    def send_request() -> int:
        with client_of(measured) as client:
            return client.get("/echo/hello").status_code

    with ThreadPoolExecutor(5) as pool:
        redis_server.stop_signal()
        try:
            answers = [pool.submit(send_request) for _ in range(5)]
            wait_until(lambda: scrape(measured).total("kuberedis_commands_in_flight") == 5)
        finally:
            redis_server.continue_signal()
        assert {answer.result() for answer in answers} <= {200, 503}
    wait_until(lambda: scrape(measured).total("kuberedis_commands_in_flight") == 0)


def test_redis_that_is_gone_shows_as_down_and_the_rest_is_still_reported(
    measured: Sidecar, redis_server: RedisServer, http: httpx.Client
) -> None:
    redis_server.kill()
    try:
        wait_until(lambda: scrape(measured).total("kuberedis_redis_up") == 0)
        assert http.get("/keys/a").status_code == 503
        page = scrape(measured)
        assert page.total("kuberedis_http_requests_total", status="503") >= 1
        assert "kuberedis_redis_keys" not in page.names()
    finally:
        redis_server.restart()
    wait_until(lambda: scrape(measured).total("kuberedis_redis_up") == 1)
    # Commands have connections of their own, which come back when they are tried again.
    wait_until(lambda: http.get("/echo/hello").status_code == 200)


def test_metrics_are_not_served_below_the_base_path(measured: Sidecar, http: httpx.Client) -> None:
    answer = http.get("/metrics")
    assert "kuberedis_" not in answer.text
    assert answer.status_code == 400
    assert ask_outside(measured, f"/instances/{measured.instance}/metrics").status_code == 401
