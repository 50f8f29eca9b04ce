"""Local mode applies `config`, memory, persistence and `limits` of a manifest as a cluster does."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis as redis_library

from tests.cli.command import eventually, redis
from tests.cli.conftest import StartLocal
from tests.cli.manifest_files import write

MIB = 2**20


class Sockets:
    """The folder in which `kuberedis local` listens for its gateway."""

    def __init__(self, folder: Path) -> None:
        self.environment = {"TMPDIR": str(folder)}
        self._folder = folder

    def config(self, name: str) -> str | None:
        """A setting of the only server that runs, or None when it has no such setting."""
        [socket] = [path for path in self._folder.rglob("*") if path.is_socket() and path.name != "control.sock"]
        with redis_library.Redis(unix_socket_path=str(socket), decode_responses=True) as client:
            found: str | None = client.config_get(name).get(name)
            return found


@pytest.fixture
def sockets() -> Iterator[Sockets]:
    with tempfile.TemporaryDirectory() as folder:
        yield Sockets(Path(folder))


def test_config_holds_from_the_start(start_local: StartLocal, tmp_path: Path, sockets: Sockets) -> None:
    config = {"hz": "50", "tcp-backlog": "300", "notify-keyspace-events": "Ex", "syslog-ident": 'a "quoted" \\ name'}
    write(tmp_path / "cache.yaml", "cache", config=config)
    start_local("cache.yaml", env=sockets.environment).ready("cache")
    assert {name: sockets.config(name) for name in ("hz", "tcp-backlog", "syslog-ident")} == {
        name: config[name] for name in ("hz", "tcp-backlog", "syslog-ident")
    }
    assert set(sockets.config("notify-keyspace-events") or "") == set("Ex")


def test_a_live_setting_changes_without_a_restart(start_local: StartLocal, tmp_path: Path, sockets: Sockets) -> None:
    write(tmp_path / "cache.yaml", "cache", config={"hz": "20"})
    running = start_local("cache.yaml", env=sockets.environment)
    running.ready("cache")
    servers = running.servers()
    write(tmp_path / "cache.yaml", "cache", config={"hz": "30"})
    running.wait_for("changed", instance="cache")
    assert sockets.config("hz") == "30"
    assert running.servers() == servers


def test_a_setting_that_only_a_start_applies_restarts_that_server_alone(start_local: StartLocal, tmp_path: Path) -> None:
    write(tmp_path / "cache.yaml", "cache", config={"tcp-backlog": "300"})
    write(tmp_path / "other.yaml", "other")
    running = start_local("cache.yaml", "other.yaml")
    client = running.ready("cache")
    running.ready("other")
    redis(client, "SET", "a", "1")
    before = set(running.servers())
    write(tmp_path / "cache.yaml", "cache", config={"tcp-backlog": "500"})
    running.wait_for("changed", instance="cache")
    assert len(before & set(running.servers())) == 1
    eventually(lambda: client.get("/keys/a").status_code == 200)  # the gateway connects again
    assert redis(client, "GET", "a") == "1"
    assert 'tcp-backlog "500"' in (tmp_path / ".kuberedis/cache/redis.conf").read_text()
    assert not [event for event in running.events if event["event"] == "down"]


@pytest.mark.parametrize(
    ("name", "value"), [("tcp-backlog", "many"), ("hz", "many"), ("nonsense", "1"), ("client-output-buffer-limit", "normal 1")]
)
def test_a_setting_that_the_server_refuses_is_named_and_the_rest_is_applied(
    start_local: StartLocal, tmp_path: Path, sockets: Sockets, name: str, value: str
) -> None:
    write(tmp_path / "cache.yaml", "cache", capacity="100Mi", config={name: value, "maxmemory-samples": "7"})
    running = start_local("cache.yaml", env=sockets.environment)
    running.ready("cache")
    message = running.wait_for("error")["message"]
    assert message.startswith(f"instance cache: spec.config: the server refuses {name}: ")
    assert sockets.config("maxmemory-samples") == "7"
    assert sockets.config("maxmemory") == str(50 * MIB)


def test_a_change_that_the_server_refuses_is_named_once_and_ends_with_its_repair(
    start_local: StartLocal, tmp_path: Path, sockets: Sockets
) -> None:
    write(tmp_path / "cache.yaml", "cache")
    running = start_local("cache.yaml", env=sockets.environment)
    running.ready("cache")
    for spec in ({"hz": "many"}, {"hz": "many", "tcp-backlog": "many"}):
        write(tmp_path / "cache.yaml", "cache", maxmemory="64Mi", config=spec)
        running.wait_for("changed", maxmemory=64 * MIB)
    write(tmp_path / "cache.yaml", "cache", maxmemory="65Mi", config={"hz": "33"})
    running.wait_for("changed", maxmemory=65 * MIB)
    assert sockets.config("hz") == "33"
    errors = [event["message"] for event in running.events if event["event"] == "error"]
    assert [message.split(": ")[2] for message in errors] == ["the server refuses hz", "the server refuses tcp-backlog"]


def test_limits_are_those_of_the_manifest_and_change_with_it(start_local: StartLocal, tmp_path: Path) -> None:
    write(tmp_path / "cache.yaml", "cache", limits={"maxBodyBytes": 2048, "corsOrigins": ["https://app.example.com"]})
    running = start_local("cache.yaml", env={"KUBEREDIS_MAX_BODY_BYTES": "1024", "KUBEREDIS_MAX_PIPELINE_COMMANDS": "1"})
    client = running.ready("cache")
    servers = running.servers()
    assert client.post("/keys/a", json={"value": "x" * 1500}).status_code == 200
    assert client.post("/keys/a", json={"value": "x" * 3000}).status_code == 413
    assert client.post("/pipeline", json=[["PING"], ["PING"]]).status_code == 413
    allowed = client.get("/keys/a", headers={"Origin": "https://app.example.com"})
    assert allowed.headers["Access-Control-Allow-Origin"] == "https://app.example.com"
    write(tmp_path / "cache.yaml", "cache", limits={"maxBodyBytes": 4096})
    running.wait_for("changed", instance="cache")
    assert client.post("/keys/a", json={"value": "x" * 3000}).status_code == 200
    assert "Access-Control-Allow-Origin" not in client.get("/keys/a", headers={"Origin": "https://app.example.com"}).headers
    assert running.servers() == servers
