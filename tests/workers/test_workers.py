"""Several worker processes serve one instance as one does: whichever accepted a connection, and whatever happens to another."""

import json
import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from tests.credentials.mounted_secret import MountedSecret
from tests.harness.load import Requests, load, wait_for_requests
from tests.harness.redis_server import RedisServer
from tests.harness.sidecar import Sidecar
from tests.harness.waiting import wait_until
from tests.harness.workers import Client, clients_of_all, workers
from tests.telemetry.page import scrape

pytestmark = pytest.mark.slow

Start = Callable[..., Sidecar]


@pytest.fixture(scope="module")
def start(redis_server: RedisServer, start_sidecar: Start) -> Start:
    """Starts a sidecar with two workers."""
    return lambda **environment: start_sidecar(redis_server, KUBEREDIS_WORKERS="2", **environment)


@pytest.fixture(scope="module")
def sidecar(start: Start) -> Sidecar:
    """The sidecar of all tests that do not end it."""
    return start()


def requests(client: Client) -> Requests:
    """Requests on one connection."""
    while True:
        yield client.status()


def echoes(sidecar: Sidecar) -> float:
    """How many requests of `Client.status` are counted."""
    return scrape(sidecar).total("kuberedis_http_requests_total", route="/{command}", status="200")


def test_connections_of_all_workers_count_together(sidecar: Sidecar) -> None:
    before = echoes(sidecar)
    with clients_of_all(sidecar, 4) as clients:
        sent = sum(client.status() == 200 for own in clients.values() for client in own for _ in range(10))
        assert (len(clients), sent) == (2, 80)
        wait_until(lambda: echoes(sidecar) >= before + sent + 8, what="the requests of all workers")
        pages = [client.ask("/metrics")[1] for own in clients.values() for client in own]
    counted = [[line for line in page.splitlines() if line.startswith("kuberedis_http_requests_total{")] for page in pages]
    assert counted == [counted[0]] * 8
    assert scrape(sidecar).total("process_open_fds") > 0


def test_every_worker_tells_the_same_of_the_instance(sidecar: Sidecar) -> None:
    with clients_of_all(sidecar, 1) as clients:
        told = [[own[0].ask(path) for path in ("/readyz", "/livez", "/member")] for own in clients.values()]
        names = [json.loads(own[0].ask("/recent")[1])["name"] for own in clients.values()]
    assert told[0] == told[1]
    assert [status for status, _ in told[0]] == [200, 200, 404]
    assert names == [sidecar.instance] * 2


def test_worker_that_is_killed_is_replaced_and_costs_nobody_else_a_request(sidecar: Sidecar) -> None:
    with clients_of_all(sidecar, 2) as clients:
        killed, survivor = clients
        counted = echoes(sidecar)
        with load(*(requests(client) for client in clients[survivor])) as statuses:
            wait_for_requests(statuses, 50)
            os.kill(killed, signal.SIGKILL)
            wait_until(lambda: killed not in workers(sidecar) and len(workers(sidecar)) == 2, what="another worker")
            wait_for_requests(statuses, 50)
        assert set(statuses) == {200}
    wait_until(lambda: echoes(sidecar) >= counted + 100, what="the requests of the survivor")
    with clients_of_all(sidecar, 1) as clients:
        assert survivor in clients
        assert [own[0].status() for own in clients.values()] == [200, 200]
    assert [line["worker"] for line in sidecar.logs() if line["event"] == "worker_ended"]


def test_new_key_reaches_all_workers(start: Start, tmp_path: Path) -> None:
    secret = MountedSecret(tmp_path)
    secret.put(api_key="k" * 40)
    sidecar = start(KUBEREDIS_AUTH_DIR=str(tmp_path))
    with clients_of_all(sidecar, 1) as clients:
        secret.put(api_key="n" * 40)
        for [client] in clients.values():
            wait_until(partial(answers, client, "n" * 40, 200), what="the new key")
            assert client.status("k" * 40) == 401


def test_all_workers_finish_their_requests_after_sigterm(start: Start, redis_server: RedisServer) -> None:
    sidecar = start()
    with clients_of_all(sidecar, 1) as clients, ThreadPoolExecutor() as pool:
        redis_server.stop_signal()
        try:
            answers = [pool.submit(own[0].status) for own in clients.values()]
            wait_until(lambda: in_flight(sidecar) == 2, what="a request in each worker")
            sidecar.process.send_signal(signal.SIGTERM)
            # A connection that was accepted a moment before is closed without an answer.
            wait_until(lambda: not sidecar.is_ready(), what="the drain")
            assert len(workers(sidecar)) == 2
        finally:
            redis_server.continue_signal()
        assert [answer.result() for answer in answers] == [200, 200]
        assert sidecar.process.wait(10) == 0


def answers(client: Client, key: str, status: int) -> bool:
    """Whether a request with that key has that status."""
    return client.status(key) == status


def in_flight(sidecar: Sidecar) -> float:
    """Commands of all workers that wait for Redis."""
    return scrape(sidecar).total("kuberedis_commands_in_flight")


def test_workers_end_when_their_supervisor_is_killed(start: Start) -> None:
    sidecar = start()
    running = workers(sidecar)
    sidecar.process.kill()
    wait_until(lambda: not any(Path(f"/proc/{worker}/cmdline").exists() for worker in running), what="the end of all workers")


@pytest.mark.parametrize(
    ("environment", "code", "message"),
    [({"KUBEREDIS_AUTH_DIR": "{empty}"}, 2, "api_key: no such file"), ({"KUBEREDIS_LISTEN": "{taken}"}, 1, "cannot listen on")],
    ids=["no key", "no address"],
)
def test_what_prevents_all_workers_from_serving_is_said_once(
    start: Start, sidecar: Sidecar, tmp_path: Path, environment: dict[str, str], code: int, message: str
) -> None:
    values = {name: value.format(empty=tmp_path, taken=sidecar.address) for name, value in environment.items()}
    with pytest.raises(RuntimeError, match=rf"ended with {code}:\n[^\n]*{message}[^\n]*\n$"):
        start(**values)
