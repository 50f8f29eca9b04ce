"""Settings of Redis in a file: applied while it runs, whenever the file changes."""

import json
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import redis

from tests.harness.redis_server import RedisServer
from tests.harness.sidecar import Sidecar, StartSidecar
from tests.harness.waiting import wait_until

pytestmark = [pytest.mark.every_server, pytest.mark.slow]


@pytest.fixture(scope="module")
def redis_server(own_redis_server: RedisServer) -> RedisServer:
    """A server of this module's own: its settings change, and it is stopped."""
    return own_redis_server


# A limit for a busy machine: a changed file is in force after a second, and what a Redis that restarts gets after two.
SOON = 20.0


@pytest.fixture
def settings_file(tmp_path: Path) -> Path:
    file = tmp_path / "live.json"
    file.write_text('{"maxmemory": "104857600"}')
    return file


@pytest.fixture
def following(redis_server: RedisServer, start_sidecar: StartSidecar, settings_file: Path) -> Iterator[Sidecar]:
    """A sidecar that ends with its test: it would apply its file to the server that the next test restarts."""
    sidecar = start_sidecar(redis_server, KUBEREDIS_REDIS_SETTINGS_FILE=str(settings_file))
    yield sidecar
    sidecar.end()


@pytest.fixture
def wait_for(redis_server: RedisServer) -> Callable[[str, str], None]:
    def wait(setting: str, value: str) -> None:
        with redis_server.client() as client:
            wait_until(lambda: client.config_get(setting)[setting] == value, limit_seconds=SOON, what=f"{setting} {value}")

    return wait


def _events(sidecar: Sidecar, event: str) -> list[dict[str, object]]:
    return wait_until(lambda: [line for line in sidecar.logs() if line["event"] == event], what=event)


@pytest.mark.usefixtures("following")
def test_settings_are_applied_at_the_start_and_when_they_change(settings_file: Path, wait_for: Callable[[str, str], None]) -> None:
    wait_for("maxmemory", "104857600")
    settings_file.write_text('{"maxmemory": "209715200", "maxmemory-policy": "allkeys-lru"}')
    wait_for("maxmemory", "209715200")
    wait_for("maxmemory-policy", "allkeys-lru")


def test_a_setting_that_redis_refuses_is_logged_and_others_are_applied(
    settings_file: Path, following: Sidecar, wait_for: Callable[[str, str], None]
) -> None:
    settings_file.write_text(json.dumps({"no-such-setting": "1", "maxmemory": "314572800"}))
    wait_for("maxmemory", "314572800")
    refused = _events(following, "redis_setting_refused")
    assert [line["setting"] for line in refused] == ["no-such-setting"]


def test_an_unusable_file_is_logged_once_and_changes_nothing(
    settings_file: Path, following: Sidecar, wait_for: Callable[[str, str], None]
) -> None:
    wait_for("maxmemory", "104857600")
    settings_file.write_text('["maxmemory"]')
    assert len(_events(following, "redis_settings_unusable")) == 1
    settings_file.write_text('{"maxmemory": "419430400"}')
    wait_for("maxmemory", "419430400")
    assert len(_events(following, "redis_settings_unusable")) == 1


def test_a_restarted_redis_gets_the_settings_again(
    following: Sidecar, redis_server: RedisServer, wait_for: Callable[[str, str], None]
) -> None:
    wait_for("maxmemory", "104857600")
    redis_server.stop()
    wait_until(lambda: not following.is_ready(), what="a sidecar without Redis")
    redis_server.start()
    wait_for("maxmemory", "104857600")


def test_settings_wait_for_a_redis_that_is_away(
    settings_file: Path, following: Sidecar, redis_server: RedisServer, wait_for: Callable[[str, str], None]
) -> None:
    wait_for("maxmemory", "104857600")
    redis_server.stop()
    settings_file.write_text('{"maxmemory": "524288000"}')
    wait_until(lambda: not following.is_ready(), what="a sidecar without Redis")
    redis_server.start()
    wait_for("maxmemory", "524288000")


def test_settings_wait_for_a_redis_that_is_busy_with_a_script(
    settings_file: Path, following: Sidecar, redis_server: RedisServer, wait_for: Callable[[str, str], None]
) -> None:
    wait_for("maxmemory", "104857600")
    with redis_server.client() as client, ThreadPoolExecutor() as pool:
        client.config_set("lua-time-limit", 10)
        script = pool.submit(redis_server.client().eval, "while true do end", 0)
        try:
            wait_until(lambda: is_busy(client), what="a script that takes too long")
            settings_file.write_text('{"maxmemory": "629145600"}')
            # Longer than it takes to read the file again, and to try to apply it.
            with pytest.raises(TimeoutError):
                wait_until(lambda: not is_busy(client), limit_seconds=2.5)
        finally:
            client.script_kill()
        assert isinstance(script.exception(), redis.ResponseError)
    wait_for("maxmemory", "629145600")
    assert [line for line in following.logs() if line["event"] == "redis_setting_refused"] == []


def is_busy(client: redis.Redis) -> bool:
    """Whether the server refuses commands because of a script."""
    try:
        client.ping()
    except redis.exceptions.ResponseError as refusal:
        return "BUSY" in str(refusal)
    return False


def test_redis_keeps_its_snapshots_until_the_append_only_file_is_written(
    settings_file: Path, following: Sidecar, redis_server: RedisServer, wait_for: Callable[[str, str], None]
) -> None:
    with redis_server.client() as client:
        wait_for("maxmemory", "104857600")
        settings_file.write_text(json.dumps({"appendonly": "no", "save": "3600 1"}))
        wait_for("appendonly", "no")
        client.set("a", "1")
        client.config_set("rdb-key-save-delay", "600000000")
        settings_file.write_text(json.dumps({"appendonly": "yes", "save": "", "maxmemory": "209715200"}))
        wait_for("appendonly", "yes")
        client.config_set("rdb-key-save-delay", "0")
        settings_file.write_text(json.dumps({"appendonly": "yes", "save": "", "maxmemory": "314572800"}))
        wait_for("maxmemory", "314572800")
        assert client.info("persistence")["aof_rewrite_in_progress"]
        assert client.config_get("save")["save"] == "3600 1"

        [child] = Path(f"/proc/{redis_server.pid}/task/{redis_server.pid}/children").read_text().split()
        os.kill(int(child), signal.SIGKILL)
        wait_for("save", "")
        assert client.info("persistence")["aof_last_bgrewrite_status"] == "ok"
    assert following.is_ready()


def test_redis_keeps_its_snapshots_when_it_cannot_write_an_append_only_file(
    settings_file: Path, following: Sidecar, redis_server: RedisServer, wait_for: Callable[[str, str], None]
) -> None:
    settings_file.write_text(json.dumps({"appendonly": "no", "save": "3600 1"}))
    wait_for("appendonly", "no")
    folder = redis_server.folder / "appendonlydir"
    shutil.rmtree(folder)
    folder.write_text("in the way")
    settings_file.write_text(json.dumps({"appendonly": "yes", "save": ""}))
    assert [line["setting"] for line in _events(following, "redis_setting_refused")] == ["appendonly"]
    with redis_server.client() as client:
        assert client.config_get("save")["save"] == "3600 1"
