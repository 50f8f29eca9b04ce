"""Members whose sidecars have several workers: one of them acts for the member, and all follow the primary."""

import os
import signal
from collections.abc import Iterator

import pytest

from tests.conftest import server_binary
from tests.failover.conftest import Instance
from tests.failover.counting import counting
from tests.failover.test_requests_survive import only_unknown_writes
from tests.harness.replicated import Member, ReplicatedRedis
from tests.harness.sidecar import Sidecar, make_auth_dir
from tests.harness.waiting import wait_until
from tests.harness.workers import clients_of_all, workers

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def instance(server_kind: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """An instance whose sidecars have two workers each."""
    instance = Instance(ReplicatedRedis(server_binary(server_kind), tmp_path_factory.mktemp("instance")))
    try:
        instance.start(make_auth_dir(tmp_path_factory.mktemp("auth")), KUBEREDIS_WORKERS="2")
        yield instance
    finally:
        instance.stop()


def settings_applied(sidecar: Sidecar, server: str) -> int:
    """How many times a sidecar has told its own server how to replicate, as an agent does once for each process of the server."""
    return sum(line["event"] == "replication_settings_applied" and line["server"] == server for line in sidecar.logs())


def test_all_workers_follow_the_primary_and_one_acts(instance: Instance, primary: Member) -> None:
    for sidecar in instance.sidecars.values():
        assert (settings_applied(sidecar, "redis"), settings_applied(sidecar, "sentinel")) == (1, 1)
        with clients_of_all(sidecar, 1) as clients:
            reports = [client.ask("/member") for [client] in clients.values()]
        assert [status for status, _ in reports] == [200, 200]
    with counting(instance, clients=4) as result:
        primary.redis.kill()
        result.wait_for(5)
        primary.start_redis()
        instance.servers.wait_until_settled()
    assert only_unknown_writes(result), result.failed()
    result.check(instance)


def test_successor_of_the_first_worker_acts_in_its_place(instance: Instance, primary: Member) -> None:
    sidecar = instance.sidecar_of(primary)
    first = min(workers(sidecar))
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: len(workers(sidecar) - {first}) == 2, what="another worker")
    wait_until((primary.run_dir / "control.sock").exists, what="the control socket")
    sidecar.wait_until_ready()
    assert instance.switch_over() is not primary
    with clients_of_all(sidecar, 1) as clients:
        assert [client.status() for [client] in clients.values()] == [200, 200]
