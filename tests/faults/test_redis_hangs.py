"""Redis stopped by SIGSTOP: the sidecar stays alive, requests wait or end in time, no answer goes astray."""

import time
from collections.abc import Callable

import httpx
import pytest

from tests.faults.traffic import ask_outside, client_of, echo, traffic
from tests.harness.redis_server import RedisServer
from tests.harness.sidecar import Sidecar
from tests.harness.waiting import wait_until

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def impatient(redis_server: RedisServer, start_sidecar: Callable[..., Sidecar]) -> Sidecar:
    """A sidecar whose requests end after a second."""
    return start_sidecar(redis_server, KUBEREDIS_REQUEST_TIMEOUT_SECONDS="1")


def test_requests_wait_out_five_seconds_without_redis(sidecar: Sidecar, redis_server: RedisServer) -> None:
    with traffic(sidecar, echo) as result:
        result.wait_for(50)
        redis_server.stop_signal()
        stopped = time.monotonic()
        try:
            slowest_check = 0.0
            while time.monotonic() < stopped + 5:
                check = ask_outside(sidecar, "/livez")
                assert check.status_code == 200
                slowest_check = max(slowest_check, check.elapsed.total_seconds())
        finally:
            redis_server.continue_signal()
        result.wait_for(200)
        recovered = time.monotonic()
        result.wait_for(200)
    assert slowest_check < 1
    assert {one.status for one in result.seen} <= {200, 503}
    assert result.failures == []
    assert result.slowest() < 7
    after = [one for one in result.seen if one.started > recovered]
    assert {one.status for one in after} == {200}


def test_request_that_takes_too_long_is_503_and_its_late_reply_reaches_nobody(impatient: Sidecar, redis_server: RedisServer) -> None:
    with traffic(impatient, echo, clients=8) as result:
        result.wait_for(100)
        redis_server.stop_signal()
        try:
            result.wait_for(16, status=503)
            wait_until(lambda: ask_outside(impatient, "/readyz").status_code == 503)
        finally:
            redis_server.continue_signal()
        # `echo` itself checks that each 200 carries the tag of its own request.
        result.wait_for(500)
    late = result.with_status(503)
    assert all(one.latency < 3 for one in late)
    assert all(int(one.retry_after or "none") > 0 for one in late)
    assert result.failures == []
    wait_until(lambda: ask_outside(impatient, "/readyz").status_code == 200)


def test_client_that_gives_up_while_redis_hangs_harms_nobody(sidecar: Sidecar, redis_server: RedisServer) -> None:
    redis_server.stop_signal()
    try:
        for _ in range(20):
            with client_of(sidecar, timeout=0.05) as http, pytest.raises(httpx.ReadTimeout):
                http.get("/echo/abandoned")
    finally:
        redis_server.continue_signal()
    with traffic(sidecar, echo) as result:
        result.wait_for(200)
    assert {one.status for one in result.seen} == {200}
