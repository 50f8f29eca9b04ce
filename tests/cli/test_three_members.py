"""`kuberedis local` with `replicas: 3`: planned switchovers, failovers, passwords, and what remains when it ends."""

import json
import signal
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.cli.command import RunningLocal, eventually, gone, kuberedis, redis
from tests.cli.conftest import StartLocal
from tests.cli.manifest_files import manifest, write

NAMES = ("cache-0", "cache-1", "cache-2")
MOST_REQUESTS = 50
WRITERS = 4
PROCESSES = 3 * 2
LONGEST_WAIT_SECONDS = 5.0


class Writers:
    """Clients that write keys of their own, one after the other, and keep what became of each."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client
        self._stop = threading.Event()
        self.acknowledged: list[str] = []
        self.refused: list[httpx.Response] = []
        self.slowest_seconds = 0.0
        self._threads = [threading.Thread(target=self._write, args=(number,)) for number in range(WRITERS)]

    @contextmanager
    def running(self) -> Iterator[None]:
        """Write while the context lasts, and a little before and after."""
        for thread in self._threads:
            thread.start()
        try:
            self._see_progress()
            yield
            self._see_progress()
        finally:
            self._stop.set()
            for thread in self._threads:
                thread.join()

    def _see_progress(self) -> None:
        before = len(self.acknowledged)
        eventually(lambda: len(self.acknowledged) > before + 2 * WRITERS)

    def _write(self, number: int) -> None:
        count = 0
        while not self._stop.is_set():
            key, count = f"{id(self)}-{number}-{count}", count + 1
            began = time.monotonic()
            response = self._client.post(f"/keys/{key}", json={"value": key})
            self.slowest_seconds = max(self.slowest_seconds, time.monotonic() - began)
            if response.status_code == 200:
                self.acknowledged.append(key)
            else:
                self.refused.append(response)

    def lost(self) -> list[str]:
        """Acknowledged keys that are not there."""
        values: list[str | None] = redis(self._client, "MGET", *self.acknowledged)
        return [key for key, value in zip(self.acknowledged, values, strict=True) if value != key]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("three")
    (folder / "both.yaml").write_text(f"{manifest('cache', replicas=3)}---\n{manifest('single')}")
    return folder


@pytest.fixture(scope="module")
def running(folder: Path) -> Iterator[RunningLocal]:
    """An instance of three members, and one of one."""
    running = RunningLocal(("--port", "0", "both.yaml"), folder, {})
    yield running
    running.end()


@pytest.fixture(scope="module")
def client(running: RunningLocal) -> httpx.Client:
    return running.ready("cache")


def fail_over(folder: Path, *options: str) -> dict[str, Any]:
    run = kuberedis("local", "failover", "cache", *options, cwd=folder)
    assert run.returncode == 0, run.stderr
    report: dict[str, Any] = json.loads(run.stdout)
    return report


def test_a_planned_switchover_fails_no_request(running: RunningLocal, client: httpx.Client, folder: Path) -> None:
    writers = Writers(client)
    with writers.running():
        report = fail_over(folder)
    moved = running.wait_for("primary_moved", instance="cache", reason="switchover")
    assert (report["event"], report["primary"]) == ("switched-over", moved["primary"])
    assert moved["primary"] != moved["previous"]
    assert [response.text for response in writers.refused] == []
    assert writers.slowest_seconds < LONGEST_WAIT_SECONDS
    assert writers.lost() == []


def test_what_was_acknowledged_survives_the_end_of_the_primary(running: RunningLocal, client: httpx.Client, folder: Path) -> None:
    before = running.servers()
    writers = Writers(client)
    with writers.running():
        report = fail_over(folder, "--kill")
    moved = running.wait_for("primary_moved", instance="cache", reason="failover")
    assert (report["event"], report["primary"]) == ("failed-over", moved["primary"])
    down = running.wait_for("member_down", instance="cache", member=moved["previous"])
    assert "SIGKILL" in down["message"]
    running.wait_for("member_recovered", instance="cache", member=moved["previous"])
    # A write that was being carried out may have been done or not, so whoever sent it is told.
    assert len(writers.refused) <= WRITERS, Counter(response.text for response in writers.refused)
    assert {(response.status_code, "Retry-After" in response.headers) for response in writers.refused} <= {(503, True)}
    assert writers.slowest_seconds < LONGEST_WAIT_SECONDS
    assert writers.lost() == []
    assert len(set(running.servers()) - set(before)) == 1


def test_nobody_reaches_a_member_without_a_password(client: httpx.Client, folder: Path) -> None:
    assert redis(client, "PING") == "PONG"
    members = json.loads((folder / ".kuberedis/cache/members.json").read_text())["members"]
    for port in [member[kind] for member in members for kind in ("redis_port", "sentinel_port")]:
        with socket.create_connection(("127.0.0.1", port), timeout=LONGEST_WAIT_SECONDS) as connection:
            connection.sendall(b"INFO\r\n")
            assert connection.recv(64).startswith(b"-NOAUTH")


def test_metrics_tell_apart_the_members_which_share_the_requests(client: httpx.Client) -> None:
    for _ in range(MOST_REQUESTS):
        assert redis(client, "PING") == "PONG"
        page = httpx.get(client.base_url.join("/metrics"), trust_env=False).text
        series = [line.rpartition(" ")[0] for line in page.splitlines() if not line.startswith("#")]
        counts = [line for line in series if line.startswith("kuberedis_http_requests_total")]
        if all(any(f'member="{name}"' in line for line in counts) for name in NAMES):
            break
    else:
        pytest.fail(f"a member has had none of {MOST_REQUESTS} requests")
    assert len(series) == len(set(series))
    for name in NAMES:
        assert f'kuberedis_member_in_sync{{name="cache",member="{name}"}}' in series
    assert 'kuberedis_redis_up{name="single"}' in series
    assert httpx.get(client.base_url.join("/recent?name=cache"), trust_env=False).status_code == 200


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["single"], "instance single has one member, so that there is none to take its place; write replicas: 3"),
        (["other"], "no instance other runs here; there is cache, single"),
        (["cache", "--data-dir", "elsewhere"], "no `kuberedis local` runs with the data folder elsewhere;"),
    ],
)
def test_a_failover_that_cannot_be_says_why(arguments: list[str], message: str, client: httpx.Client, folder: Path) -> None:
    assert redis(client, "PING") == "PONG"
    run = kuberedis("local", "failover", *arguments, cwd=folder)
    assert run.returncode == 1
    assert message in run.stderr


def test_a_changed_manifest_fails_no_request(running: RunningLocal, client: httpx.Client, folder: Path) -> None:
    before = running.servers()
    writers = Writers(client)
    with writers.running():
        # Redis reads it only when it starts.
        changed = manifest("cache", replicas=3, config={"tcp-backlog": "600"})
        (folder / "both.yaml").write_text(f"{changed}---\n{manifest('single')}")
        running.wait_for("changed", instance="cache")
    assert len(set(running.servers()) - set(before)) == 3
    assert [response.text for response in writers.refused] == []
    assert writers.lost() == []
    changed = manifest("cache", replicas=3, config={"tcp-backlog": "600"}, limits={"maxPipelineCommands": 10})
    (folder / "both.yaml").write_text(f"{changed}---\n{manifest('single')}")
    running.wait_for("changed", instance="cache")
    fail_over(folder)
    assert redis(client, "PING") == "PONG"


def test_data_survive_restarts_and_changes_of_the_number_of_members(start_local: StartLocal, tmp_path: Path) -> None:
    write(tmp_path / "cache.yaml", "cache", replicas=3)
    first = start_local("cache.yaml")
    client = first.ready("cache")
    assert fail_over(tmp_path)["primary"] != "cache-0"
    # Sentinels write down who is the primary a second later.
    redis(client, "SET", "a", "1")
    servers = first.servers()
    assert len(servers) == PROCESSES
    assert first.stop() == 0
    assert [server for server in servers if not gone(server)] == []

    second = start_local("cache.yaml")
    client = second.ready("cache")
    assert redis(client, "GET", "a") == "1"
    write(tmp_path / "cache.yaml", "cache", replicas=1)
    second.wait_for("changed", instance="cache", replicas=1)
    assert len(second.servers()) == 1
    assert redis(client, "GET", "a") == "1"
    redis(client, "SET", "b", "2")
    write(tmp_path / "cache.yaml", "cache", replicas=3)
    second.wait_for("changed", instance="cache", replicas=3)
    assert redis(client, "MGET", "a", "b") == ["1", "2"]
    servers = second.servers()
    second.stop(signal.SIGKILL)
    eventually(lambda: all(gone(server) for server in servers))
