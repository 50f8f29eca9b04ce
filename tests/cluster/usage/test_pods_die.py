"""A pod dies while clients write: nothing that was acknowledged is lost, and how long it takes until writes succeed again."""

import time
from collections.abc import Callable

import httpx
import pytest

from tests.cluster.usage.instances import Instance, Measured, Tenant
from tests.cluster.usage.processes import kill_pod
from tests.faults.traffic import traffic
from tests.harness.cluster import READY_SECONDS, Namespace
from tests.harness.waiting import wait_until


def kill(instance: Instance) -> None:
    """SIGKILL for all of its processes, between two fsyncs.

    With `appendfsync everysec` Redis writes to the file before it answers, and what the kernel has outlives the process; only while the
    fsync of each second runs, the write may wait longer than the answer. So no other fsync begins, and one that runs is waited for.
    """
    uid = instance.pod()["metadata"]["uid"]
    instance.redis_cli("CONFIG", "SET", "appendfsync", "no")
    with instance.client() as http:
        wait_until(lambda: "aof_pending_bio_fsync:0" in http.post("", json=["INFO", "persistence"]).json()["result"])
        kill_pod(uid)


def delete(instance: Instance) -> None:
    """`kubectl delete pod`, as `kubectl drain` does it."""
    Namespace(instance.namespace)("delete", "pod", f"{instance.name}-0", "--wait=false")


@pytest.mark.parametrize("die", [kill, delete])
def test_write_acknowledged_before_its_pod_dies_survives(blue: Tenant, die: Callable[[Instance], None], record_property: Measured) -> None:
    instance = blue.instance("killed").wait_until_serving()
    lives = instance.lives()

    def write(http: httpx.Client, tag: str) -> httpx.Response:
        return http.post(f"/keys/{die.__name__}:{tag}", json={"value": tag})

    with traffic(instance, write, clients=4, pause=0.005) as result:
        result.wait_for(200)
        die(instance)
        died = time.monotonic()
        result.wait_for(1, status=503)
        result.wait_for(100, seconds=READY_SECONDS)
    assert instance.lives() != lives
    down = [one for one in result.seen if one.status != 200]
    assert {one.status for one in down} == {503}
    written = [one.tag for one in result.with_status(200)]
    with instance.client() as http:
        keys = [f"{die.__name__}:{tag}" for tag in written]
        found = [
            value
            for some in range(0, len(keys), 1000)
            for value in http.post("", json=["MGET", *keys[some : some + 1000]]).json()["result"]
        ]
    assert [tag for tag, value in zip(written, found, strict=True) if value != tag] == []
    back = min(one.started for one in result.with_status(200) if one.started > max(bad.started for bad in down))
    record_property("seconds until writes succeed again", round(back - died, 1))
    record_property("acknowledged writes, all of them found again", len(written))
