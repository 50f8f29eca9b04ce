"""SIGTERM: readiness fails, what runs is finished, streams say goodbye, and the process ends with 0 in time."""

import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
import redis

from tests.faults.traffic import ask_outside, client_of, echo, traffic
from tests.harness.redis_server import RedisServer
from tests.harness.sidecar import Sidecar
from tests.harness.waiting import wait_until
from tests.http_paths.exchange import Conversation

pytestmark = pytest.mark.slow

GRACE = 5


@pytest.fixture
def leaving(redis_server: RedisServer, start_sidecar: Callable[..., Sidecar]) -> Sidecar:
    """A sidecar that has five seconds to end."""
    return start_sidecar(redis_server, KUBEREDIS_SHUTDOWN_GRACE_SECONDS=str(GRACE))


def begin_to_drain(sidecar: Sidecar) -> None:
    """Send SIGTERM and wait until the sidecar has heard it."""
    sidecar.process.send_signal(signal.SIGTERM)
    wait_until(lambda: any(line["event"] == "draining" for line in sidecar.logs()))


def test_running_request_is_finished_and_the_process_ends_with_0(
    leaving: Sidecar, redis_server: RedisServer, database: redis.Redis
) -> None:
    with client_of(leaving) as http, ThreadPoolExecutor() as pool:
        assert http.get("/echo/hello").status_code == 200
        redis_server.stop_signal()
        try:
            answer = pool.submit(http.post, "/", json=["SET", "a", "v"])
            wait_until(lambda: in_flight(leaving) == 1)
            begin_to_drain(leaving)
            assert ask_outside(leaving, "/readyz").status_code == 503
            assert leaving.process.poll() is None
        finally:
            redis_server.continue_signal()
        assert answer.result().json() == {"result": "OK"}
        assert leaving.process.wait(GRACE) == 0
    assert database.get("a") == b"v"


@pytest.mark.parametrize("size", [5_000, 500_000])
@pytest.mark.parametrize("fast_path", ["true", "false"], ids=["fast", "sanic"])
def test_body_that_is_on_its_way_is_received_and_served(
    redis_server: RedisServer, start_sidecar: Callable[..., Sidecar], database: redis.Redis, fast_path: str, size: int
) -> None:
    leaving = start_sidecar(redis_server, KUBEREDIS_SHUTDOWN_GRACE_SECONDS=str(GRACE), KUBEREDIS_FAST_PATH=fast_path)
    fields = f"HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {leaving.api_key}\r\n"
    with Conversation(leaving.origin) as conversation:
        # The first request of a connection may be Sanic's.
        conversation.send(f"GET {leaving.base_path}/echo/hello {fields}\r\n".encode())
        assert conversation.read_answer() is not None
        head = f"POST {leaving.base_path}/set/a {fields}Content-Length: {size}\r\n\r\n"
        conversation.send_apart([head.encode() + b"x" * (size // 2)])
        begin_to_drain(leaving)
        assert conversation.is_quiet(0.2)
        conversation.send(b"x" * (size - size // 2))
        answer = conversation.read_answer()
    assert answer is not None
    assert answer.status == 200
    assert leaving.process.wait(GRACE) == 0
    assert database.strlen("a") == size


def in_flight(sidecar: Sidecar) -> float:
    """The metric of commands that wait for Redis."""
    lines = ask_outside(sidecar, "/metrics").text.splitlines()
    return next(float(line.split()[-1]) for line in lines if line.startswith("kuberedis_commands_in_flight{"))


@pytest.mark.parametrize("command", [["BLPOP", "q", "60"], ["XREAD", "BLOCK", "0", "STREAMS", "s", "$"]], ids=" ".join)
def test_waiting_command_is_answered_or_given_up_in_time(leaving: Sidecar, database: redis.Redis, command: list[str]) -> None:
    with client_of(leaving) as http, ThreadPoolExecutor() as pool:
        answer = pool.submit(http.post, "/", json=command)
        wait_until(lambda: database.info("clients")["blocked_clients"] == 1)
        leaving.process.send_signal(signal.SIGTERM)
        assert leaving.process.wait(GRACE + 2) == 0
        assert answer.result().status_code == 503
        assert int(answer.result().headers["retry-after"]) > 0
    database.rpush("q", "kept")
    assert database.lrange("q", 0, -1) == [b"kept"]


def test_stream_gets_a_last_event(leaving: Sidecar) -> None:
    with client_of(leaving) as http, http.stream("POST", "/subscribe/news") as stream:
        lines = stream.iter_lines()
        assert next(line for line in lines if line) == "data: subscribe,news,1"
        leaving.process.send_signal(signal.SIGTERM)
        rest = [line for line in lines if line and not line.startswith(":")]
    assert rest == ["event: close", "data: shutdown"]
    assert leaving.process.wait(GRACE) == 0


def test_idle_connections_do_not_hold_up_the_end(leaving: Sidecar) -> None:
    started = time.monotonic()
    with client_of(leaving) as http, Conversation(leaving.origin):
        assert http.get("/echo/hello").status_code == 200
        leaving.process.send_signal(signal.SIGTERM)
        assert leaving.process.wait(GRACE) == 0
    assert time.monotonic() - started < GRACE


def test_request_that_outlasts_the_grace_period_does_not_hold_up_the_end(
    redis_server: RedisServer, start_sidecar: Callable[..., Sidecar]
) -> None:
    leaving = start_sidecar(redis_server, KUBEREDIS_SHUTDOWN_GRACE_SECONDS="1")
    with client_of(leaving) as http, ThreadPoolExecutor() as pool:
        assert http.get("/echo/hello").status_code == 200
        redis_server.stop_signal()
        try:
            answer = pool.submit(http.post, "/", json=["SET", "a", "v"])
            wait_until(lambda: in_flight(leaving) == 1)
            leaving.process.send_signal(signal.SIGTERM)
            leaving.process.wait(3)
            assert isinstance(answer.exception(), httpx.TransportError) or answer.result().status_code == 503
        finally:
            redis_server.continue_signal()


def test_no_request_that_was_answered_is_lost_under_load(leaving: Sidecar, database: redis.Redis) -> None:
    def count(http: httpx.Client, tag: str) -> httpx.Response:
        return http.post("/", json=["SET", tag, "v"])

    with traffic(leaving, count) as result:
        result.wait_for(200)
        leaving.process.send_signal(signal.SIGTERM)
        assert leaving.process.wait(GRACE) == 0
        wait_until(lambda: len(result.failures) > 4)
    # A request was either answered, or refused by closing its socket before the first byte of a response.
    done = {one.tag for one in result.with_status(200)}
    assert {key.decode() for key in database.scan_iter()} == done
    assert {one.status for one in result.seen} <= {200, 503}
    turned_away = ("ConnectError", "ReadError", "RemoteProtocolError")
    assert all(any(kind in failure for kind in turned_away) for failure in result.failures)


def test_interrupt_ends_it_as_well(leaving: Sidecar) -> None:
    with traffic(leaving, echo) as result:
        result.wait_for(20)
    leaving.process.send_signal(signal.SIGINT)
    assert leaving.process.wait(GRACE) == 0


@pytest.fixture
def without_redis(start_sidecar: Callable[..., Sidecar], redis_server: RedisServer) -> Iterator[Sidecar]:
    """A sidecar whose Redis has gone."""
    sidecar = start_sidecar(redis_server, KUBEREDIS_SHUTDOWN_GRACE_SECONDS=str(GRACE))
    redis_server.kill()
    yield sidecar
    redis_server.restart()


def test_end_does_not_wait_for_a_redis_that_is_gone(without_redis: Sidecar) -> None:
    without_redis.process.send_signal(signal.SIGTERM)
    assert without_redis.process.wait(GRACE) == 0
