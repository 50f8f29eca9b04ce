"""What `kuberedis local` keeps, and what `--ephemeral` does not."""

import signal
import stat
import tempfile
from pathlib import Path

from tests.cli.command import eventually, gone, info, redis
from tests.cli.conftest import StartLocal
from tests.cli.manifest_files import write


def test_keys_and_data_survive_a_restart(start_local: StartLocal) -> None:
    first = start_local()
    client = first.ready("local")
    redis(client, "SET", "a", "1")
    redis(client, "HSET", "h", "f", "v")
    first.stop()
    second = start_local()
    again = second.ready("local")
    assert again.headers["Authorization"] == client.headers["Authorization"]
    assert redis(again, "GET", "a") == "1"
    assert redis(again, "HGET", "h", "f") == "v"


def test_data_survive_a_command_that_is_killed(start_local: StartLocal) -> None:
    killed = start_local()
    redis(killed.ready("local"), "SET", "a", "1")
    servers = killed.servers()
    killed.stop(signal.SIGKILL)
    eventually(lambda: all(gone(server) for server in servers))
    assert redis(start_local().ready("local"), "GET", "a") == "1"


def test_data_survive_another_persistence(start_local: StartLocal, tmp_path: Path) -> None:
    written: list[str] = []
    for number, persistence in enumerate(["aof", "rdb", "rdb", "aof", "aof", "rdb"]):
        write(tmp_path / "cache.yaml", "cache", persistence=persistence)
        running = start_local("cache.yaml")
        client = running.ready("cache")
        assert [redis(client, "GET", key) for key in written] == ["1"] * len(written)
        assert info(client, "persistence")["aof_enabled"] == ("1" if persistence == "aof" else "0")
        written.append(f"key-{number}")
        redis(client, "SET", written[-1], "1")
        running.stop()


def test_data_survive_persistence_that_changes_back_while_nothing_runs(start_local: StartLocal, tmp_path: Path) -> None:
    write(tmp_path / "cache.yaml", "cache", persistence="aof")
    running = start_local("cache.yaml")
    client = running.ready("cache")
    redis(client, "SET", "a", "1")
    write(tmp_path / "cache.yaml", "cache", persistence="rdb")
    running.wait_for("changed", persistence="rdb")
    redis(client, "SET", "b", "1")
    running.stop()
    write(tmp_path / "cache.yaml", "cache", persistence="aof")
    again = start_local("cache.yaml").ready("cache")
    assert [redis(again, "GET", key) for key in ("a", "b")] == ["1", "1"]


def test_the_key_is_long_and_readable_by_its_owner_only(start_local: StartLocal, tmp_path: Path) -> None:
    ready = start_local().wait_for("ready")
    key = tmp_path / ".kuberedis/local/auth/api_key"
    assert key.read_text().strip() == ready["api_key"]
    assert len(ready["api_key"]) >= 256 / 6
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / ".kuberedis").stat().st_mode) == 0o700


def test_the_data_folder_keeps_itself_out_of_git(start_local: StartLocal, tmp_path: Path) -> None:
    start_local().ready("local")
    assert "*" in (tmp_path / ".kuberedis/.gitignore").read_text().splitlines()


def test_the_data_folder_can_be_elsewhere(start_local: StartLocal, tmp_path: Path) -> None:
    start_local("--data-dir", "some/where").ready("local")
    assert (tmp_path / "some/where/local/auth/api_key").exists()
    assert not (tmp_path / ".kuberedis").exists()


def test_an_ephemeral_instance_leaves_nothing(start_local: StartLocal, tmp_path: Path) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    running = start_local("--ephemeral", env={"TMPDIR": str(temporary)})
    client = running.ready("local")
    redis(client, "SET", "a", "1")
    assert "aof_enabled:0" in redis(client, "INFO", "persistence").splitlines()
    running.stop()
    assert list(temporary.iterdir()) == []
    assert not (tmp_path / ".kuberedis").exists()


def test_a_folder_too_deep_for_a_socket_works(start_local: StartLocal, tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["a-folder-with-a-long-name"] * 8)
    deep.mkdir(parents=True)
    client = start_local(cwd=deep, env={"TMPDIR": str(deep)}).ready("local")
    assert redis(client, "PING") == "PONG"


def test_sockets_are_private_and_go_when_it_stops(start_local: StartLocal) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        running = start_local(env={"TMPDIR": temporary})
        running.ready("local")
        [folder] = Path(temporary).iterdir()
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert any(path.is_socket() for path in folder.iterdir())
        running.stop()
        assert not folder.exists()
