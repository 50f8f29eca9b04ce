"""Past a limit of concurrency a request is refused at once with 429, and is served once there is room."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import httpx
import pytest

from tests.faults.traffic import ask_outside, client_of
from tests.harness.redis_server import RedisServer
from tests.harness.sidecar import Sidecar
from tests.harness.waiting import wait_until


@pytest.fixture(scope="module", params=["true", "false"], ids=["fast", "sanic"])
def small(request: pytest.FixtureRequest, redis_server: RedisServer, start_sidecar: Callable[..., Sidecar]) -> Sidecar:
    """A sidecar with small limits."""
    return start_sidecar(
        redis_server,
        KUBEREDIS_MAX_REQUESTS="6",
        KUBEREDIS_MAX_BLOCKING_CONNECTIONS="2",
        KUBEREDIS_MAX_SUBSCRIBERS="2",
        KUBEREDIS_FAST_PATH=request.param,
    )


def is_turned_away(answer: httpx.Response) -> bool:
    error = answer.json()["error"]
    return answer.status_code == 429 and int(answer.headers["retry-after"]) > 0 and isinstance(error, str)


def test_request_past_the_limit_is_429_at_once(small: Sidecar, redis_server: RedisServer) -> None:
    def send_request() -> httpx.Response:
        with client_of(small) as http:
            return http.get("/echo/hello")

    with ThreadPoolExecutor(12) as pool:
        redis_server.stop_signal()
        try:
            pending = [pool.submit(send_request) for _ in range(12)]
            wait_until(lambda: sum(answer.done() for answer in pending) == 6)
            turned_away = [answer.result() for answer in pending if answer.done()]
            assert ask_outside(small, "/livez").status_code == 200
        finally:
            redis_server.continue_signal()
        answers = [answer.result() for answer in pending]
    assert all(is_turned_away(answer) for answer in turned_away)
    assert all(answer.elapsed.total_seconds() < 1 for answer in turned_away)
    assert sorted(answer.status_code for answer in answers) == [200] * 6 + [429] * 6
    with client_of(small) as http:
        assert [http.get("/echo/hello").status_code for _ in range(20)] == [200] * 20


def test_waiting_command_past_the_limit_is_429_and_others_are_served(small: Sidecar, redis_server: RedisServer) -> None:
    database = redis_server.client()

    def wait() -> httpx.Response:
        with client_of(small) as http:
            return http.post("/", json=["BLPOP", "q", "20"])

    with ThreadPoolExecutor() as pool, client_of(small) as http:
        pending = [pool.submit(wait) for _ in range(2)]
        wait_until(lambda: database.info("clients")["blocked_clients"] == 2)
        assert is_turned_away(http.post("/", json=["BLPOP", "q", "20"]))
        assert is_turned_away(http.get("/blpop/q/20"))
        assert http.get("/echo/hello").status_code == 200
        database.rpush("q", "1", "2")
        assert [answer.result().status_code for answer in pending] == [200, 200]
        assert http.post("/", json=["BLPOP", "q", "0.1"]).json() == {"result": None}


def test_subscriber_past_the_limit_is_429_until_another_leaves(small: Sidecar) -> None:
    with client_of(small) as http:
        with ExitStack() as streams:
            for _ in range(2):
                stream = streams.enter_context(client_of(small).stream("POST", "/subscribe/news"))
                assert stream.status_code == 200
            for path in ("/subscribe/news", "/psubscribe/n*", "/monitor"):
                assert is_turned_away(http.post(path))
            assert http.get("/echo/hello").status_code == 200

        def admitted() -> bool:
            with http.stream("POST", "/subscribe/news") as stream:
                return stream.status_code == 200

        wait_until(admitted)


def test_idle_connections_do_not_count_as_requests(small: Sidecar) -> None:
    with ExitStack() as clients:
        for _ in range(30):
            http = clients.enter_context(client_of(small))
            assert http.get("/echo/hello").status_code == 200
