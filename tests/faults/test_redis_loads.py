"""Redis that is still loading its data at start: 503 until it is done, then everything, with no help."""

from collections.abc import Callable

import httpx
import pytest

from tests.faults.traffic import ask_outside, client_of
from tests.harness.redis_server import RedisServer
from tests.harness.sidecar import Sidecar
from tests.harness.waiting import wait_until

pytestmark = [pytest.mark.every_server, pytest.mark.slow]

# Enough to load for a second or two.
KEYS = 300_000
FILL = "for i = ARGV[1], ARGV[2] do redis.call('SET', 'key:' .. i, i) end"


@pytest.fixture(scope="module")
def filled(redis_server: RedisServer) -> RedisServer:
    """A Redis with many keys."""
    client = redis_server.client()
    step = KEYS // 100
    for start in range(0, KEYS, step):
        client.eval(FILL, 0, str(start), str(start + step - 1))
    return redis_server


def endpoints(sidecar: Sidecar) -> list[httpx.Response]:
    with client_of(sidecar) as http:
        return [
            http.get("/keys/key:1"),
            http.post("/keys/new", json={"value": "v"}),
            http.get("/get/key:1"),
            http.post("/", json=["GET", "key:1"]),
            http.post("/pipeline", json=[["GET", "key:1"]]),
            http.post("/multi-exec", json=[["GET", "key:1"]]),
            http.post("/raw-command", json={"command": "GET", "args": ["key:1"]}),
            http.post("/", json=["BLPOP", "none", "0.01"]),
        ]


def expect_503(sidecar: Sidecar) -> bool:
    """Whether every endpoint says 503 as it should; False once Redis is done and the answers are mixed."""
    answers = endpoints(sidecar)
    if any(answer.status_code == 200 for answer in answers):
        return False
    for answer in answers:
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) > 0
        assert list(answer.json()) == ["error"]
        assert answer.elapsed.total_seconds() < 1
    return True


def test_sidecar_that_starts_first_waits_for_redis_to_load(filled: RedisServer, start_sidecar: Callable[..., Sidecar]) -> None:
    filled.kill()
    sidecar = start_sidecar(filled, ready=False)
    assert ask_outside(sidecar, "/readyz").status_code == 503
    assert expect_503(sidecar)
    filled.restart(wait=False)
    reasons = set()
    while (readiness := ask_outside(sidecar, "/readyz")).status_code != 200:
        assert readiness.status_code == 503
        reasons.add("loading" in readiness.text.lower())
        expect_503(sidecar)
    assert ask_outside(sidecar, "/livez").status_code == 200
    assert True in reasons, "Redis loaded too quickly to be seen"
    assert [answer.status_code for answer in endpoints(sidecar)] == [200] * 8
    assert filled.client().get("new") == b"v"


def test_sidecar_that_was_serving_comes_back_once_redis_has_loaded_again(
    filled: RedisServer, start_sidecar: Callable[..., Sidecar]
) -> None:
    sidecar = start_sidecar(filled)
    filled.kill()
    filled.restart(wait=False)
    statuses = {answer.status_code for answer in endpoints(sidecar)}
    assert statuses == {503}
    wait_until(lambda: ask_outside(sidecar, "/readyz").status_code == 200, limit_seconds=30)
    wait_until(lambda: [answer.status_code for answer in endpoints(sidecar)] == [200] * 8, limit_seconds=3)
