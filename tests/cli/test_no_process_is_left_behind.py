"""However `kuberedis local` ends, its servers end with it; and when a server ends alone, it comes back."""

import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kuberedis_cli.child_process import tied_to_pipe
from tests.cli.command import LIMIT_SECONDS, RunningLocal, children_of, eventually, gone, redis
from tests.cli.conftest import StartLocal
from tests.cli.manifest_files import manifest, write


@pytest.fixture
def without_nohup() -> Iterator[None]:
    """Processes are started as from a terminal, also when the tests run under nohup(1), which is inherited."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.usefixtures("without_nohup")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_everything(start_local: StartLocal, tmp_path: Path, number: int) -> None:
    (tmp_path / "both.yaml").write_text(f"{manifest('one')}---\n{manifest('two')}")
    running = start_local("both.yaml")
    running.ready("one")
    running.ready("two")
    servers = running.servers()
    assert len(servers) == 2
    assert running.stop(number) == 0
    assert all(gone(server) for server in servers)
    running.wait_for("stopped")


def test_a_signal_to_the_whole_terminal_stops_in_order(start_local: StartLocal, tmp_path: Path) -> None:
    running = start_local()
    running.ready("local")
    os.killpg(running.process.pid, signal.SIGINT)
    running.wait_for("stopped")
    assert running.process.wait(LIMIT_SECONDS) == 0
    log = (tmp_path / ".kuberedis/local/valkey.log").read_text()
    assert "Received SIGINT" not in log
    assert "User requested shutdown" in log


def test_impatient_signals_do_not_cut_the_end_short(start_local: StartLocal) -> None:
    running = start_local()
    running.ready("local")
    servers = running.servers()

    def ended_by_another_signal() -> bool:
        running.process.send_signal(signal.SIGINT)
        return running.process.poll() is not None

    eventually(ended_by_another_signal)
    assert running.process.returncode == 0
    running.wait_for("stopped")
    assert all(gone(server) for server in servers)


def test_under_nohup_it_outlives_its_terminal(tmp_path: Path) -> None:
    write(tmp_path / "cache.yaml", "cache", capacity="100Mi")
    running = RunningLocal(("cache.yaml", "--port", "0"), tmp_path, {}, prefix=("nohup",))
    try:
        client = running.ready("cache")
        running.process.send_signal(signal.SIGHUP)
        write(tmp_path / "cache.yaml", "cache", capacity="200Mi")
        running.wait_for("changed")
        assert redis(client, "PING") == "PONG"
        assert running.stop() == 0
    finally:
        running.end()


def test_a_signal_while_it_starts_leaves_nothing(start_local: StartLocal) -> None:
    running = start_local()
    eventually(lambda: bool(running.servers()) or running.process.poll() is not None)
    servers = running.servers()
    running.stop()
    eventually(lambda: all(gone(server) for server in servers))


def test_servers_end_with_a_command_that_is_killed(start_local: StartLocal) -> None:
    running = start_local()
    running.ready("local")
    servers = running.servers()
    assert servers
    running.process.kill()
    eventually(lambda: all(gone(server) for server in servers))


def test_the_next_run_waits_for_the_servers_of_a_killed_one(start_local: StartLocal, tmp_path: Path) -> None:
    killed = start_local()
    client = killed.ready("local")
    redis(client, "SET", "a", "1")
    [server] = killed.servers()
    os.kill(server, signal.SIGSTOP)
    try:
        killed.process.kill()
        killed.process.wait(LIMIT_SECONDS)
        with (tmp_path / ".kuberedis/lock").open() as lock, pytest.raises(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        following = start_local()
    finally:
        os.kill(server, signal.SIGCONT)
    assert redis(following.ready("local"), "GET", "a") == "1"


def test_a_server_that_dies_comes_back_with_its_data(start_local: StartLocal) -> None:
    running = start_local()
    client = running.ready("local")
    redis(client, "SET", "a", "1")
    [server] = running.servers()
    os.kill(server, signal.SIGKILL)
    down = running.wait_for("down", instance="local")
    assert down["message"] == "valkey-server was killed by SIGKILL"
    running.wait_for("recovered", instance="local")
    eventually(lambda: client.get("/keys/a").status_code == 200)
    assert redis(client, "GET", "a") == "1"
    assert running.servers() != [server]


def test_a_server_that_keeps_dying_is_restarted_after_longer_and_longer_pauses(start_local: StartLocal) -> None:
    running = start_local()
    running.ready("local")
    pauses = []
    for _ in range(3):
        [server] = running.servers()
        os.kill(server, signal.SIGKILL)
        pauses.append(running.wait_for("down")["restart_in_seconds"])
        running.wait_for("recovered")
    assert pauses == sorted(set(pauses))
    assert pauses[-1] < 10


def test_it_stops_when_nobody_reads_its_events(tmp_path: Path) -> None:
    reader = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    assert reader.stdin is not None
    local = subprocess.Popen(
        [sys.executable, "-m", "kuberedis_cli", "local", "--port", "0", "--output", "json"],
        cwd=tmp_path,
        stdout=reader.stdin,
        stderr=subprocess.PIPE,
    )
    reader.stdin.close()
    assert reader.wait(LIMIT_SECONDS) == 0  # it has read the first event
    try:
        eventually(lambda: len(children_of(local.pid)) == 1)
        os.kill(children_of(local.pid)[0], signal.SIGKILL)
        _, errors = local.communicate(timeout=LIMIT_SECONDS)
    finally:
        local.kill()
        local.communicate()
    assert (local.returncode, errors) == (0, b"")
    assert children_of(local.pid) == []


def test_a_program_tied_to_a_pipe_ends_with_it() -> None:
    with subprocess.Popen(
        tied_to_pipe([sys.executable, "-c", "import signal; signal.pause()"]),
        stdin=subprocess.PIPE,
    ) as guard:
        assert guard.stdin is not None
        eventually(lambda: len(children_of(guard.pid)) == 1)
        [program] = children_of(guard.pid)
        guard.stdin.close()
        eventually(lambda: gone(program))
