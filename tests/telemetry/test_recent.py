"""The last hour of an instance, as its sidecar serves it at `/recent` for the dashboard."""

from collections.abc import Callable

import pytest

from kuberedis_core.recent import MOST_POINTS, RECENT_PATH, SERIES, STEP_SECONDS, Recent, load
from tests.faults.traffic import ask_outside, client_of
from tests.harness.redis_server import RedisServer
from tests.harness.sidecar import Sidecar
from tests.harness.waiting import wait_until

pytestmark = pytest.mark.slow


def recent(sidecar: Sidecar) -> Recent:
    answer = ask_outside(sidecar, RECENT_PATH)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    return load(answer.content)


def test_what_happens_is_seen_after_the_step(own_redis_server: RedisServer, start_sidecar: Callable[..., Sidecar]) -> None:
    sidecar = start_sidecar(own_redis_server)
    with client_of(sidecar) as http:

        def write_until_seen() -> bool:
            http.post("/keys/a", json={"value": "v"})
            http.get("/keys/a")
            http.get("/keys/missing")
            http.get("/keys/a", headers={"Authorization": "Bearer wrong"})
            return bool(recent(sidecar).series["keys"])

        wait_until(write_until_seen, limit_seconds=3 * STEP_SECONDS, what="the end of a step")
    found = recent(sidecar)
    assert (found.name, found.step_seconds, found.now % STEP_SECONDS) == (sidecar.instance, STEP_SECONDS, 0)
    assert all(len(found.series[name]) <= MOST_POINTS for name in SERIES)
    last = {name: points[-1] for name, points in found.series.items()}
    assert (last["keys"], last["errors_per_second"], last["evicted_per_second"]) == (1, 0, 0)
    assert last["hit_ratio"] == pytest.approx(0.5, abs=0.2)
    assert last["memory_used_bytes"]
    assert last["connected_clients"]
    assert last["requests_per_second"]
    assert last["commands_per_second"]
    assert last["refused_per_second"] == pytest.approx(last["requests_per_second"] / 4, rel=0.2)
    assert 0 < (last["latency_p50_seconds"] or 0) <= (last["latency_p99_seconds"] or 0) < 1


def test_it_is_outside_the_base_path_and_of_this_instance_only(sidecar: Sidecar) -> None:
    assert ask_outside(sidecar, f"{RECENT_PATH}?name={sidecar.instance}").status_code == 200
    assert ask_outside(sidecar, f"{RECENT_PATH}?name=another").status_code == 404
    assert ask_outside(sidecar, f"/instances/{sidecar.instance}{RECENT_PATH}").status_code == 401
