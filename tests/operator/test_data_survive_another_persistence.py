"""Data are there after a restart, whatever the persistence was before and is now: with real servers, started as in the pod."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis

from kuberedis_core.crd.redis_config import live_settings
from kuberedis_operator.resources.redis_conf import redis_conf
from tests.harness.ports import free_port
from tests.harness.redis_server import RedisServer
from tests.harness.waiting import wait_until
from tests.operator.rendering import container, instance

pytestmark = [pytest.mark.every_server, pytest.mark.slow]

# A pause after each key that a child of Redis writes out, in microseconds.
FOREVER = "600000000"
A_MOMENT = "300000"


class Pod:
    """The container `redis` of a pod, without the container: its command in its working directory, with the server on the PATH."""

    def __init__(self, server: Path, folder: Path) -> None:
        self._data = folder / "data"
        self._conf = folder / "redis.conf"
        programs = folder / "bin"
        for directory in (self._data, programs):
            directory.mkdir()
        shell = shutil.which("sh")
        assert shell is not None
        self._path = f"{programs}:{Path(shell).parent}"
        (programs / server.name).symlink_to(server)

    @contextmanager
    def running(self, persistence: str, *, adjusted: bool = True) -> Iterator[redis.Redis]:
        """Redis with this persistence, until it is killed.

        With `adjusted`, the sidecar did its part: the live settings are applied and, as far as they make files, the files are there.
        """
        spec = instance(persistence=persistence).spec
        port = free_port()
        self._conf.write_text(redis_conf(spec).replace('port "6379"', f"port {port}").replace('dir "/data"', f"dir {self._data}"))
        command = [*container("redis", instance())["command"][:3], str(self._conf)]
        process = subprocess.Popen(
            command, cwd=self._data, env={**os.environ, "PATH": self._path}, stdout=subprocess.PIPE, start_new_session=True
        )
        try:
            with redis.Redis(port=port, decode_responses=True) as client:
                wait_until(lambda: process.poll() is not None or _answers(client), what="the server")
                assert process.poll() is None, process.communicate()[0]
                if adjusted:
                    adjust(client, persistence)
                    wait_until(lambda: not _is_rewriting(client), what="the end of the rewrite")
                yield client
        finally:
            os.killpg(process.pid, signal.SIGKILL)  # with the child that writes a file, if there is one
            process.communicate()


def adjust(client: redis.Redis, persistence: str) -> None:
    """Apply the live settings, as the sidecar does."""
    for name, value in live_settings(instance(persistence=persistence).spec).items():
        client.config_set(name, value)


def _answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except (redis.ConnectionError, redis.exceptions.BusyLoadingError):
        return False


def _is_rewriting(client: redis.Redis) -> bool:
    state = client.info("persistence")
    return bool(state["aof_rewrite_in_progress"] or state["aof_rewrite_scheduled"])


@pytest.fixture
def pod(redis_server: RedisServer, tmp_path: Path) -> Pod:
    return Pod(redis_server.binary, tmp_path)


def write(client: redis.Redis, key: str) -> None:
    """Write a key, and wait until it is on the disk as the configuration says."""
    client.set(key, "1")
    if client.config_get("appendonly")["appendonly"] == "yes":
        client.config_set("appendfsync", "always")
        client.set(key, "1")
    else:
        client.save()


@pytest.mark.parametrize("persistence", ["aof", "rdb"])
def test_data_survive_a_crash(pod: Pod, persistence: str) -> None:
    with pod.running(persistence) as client:
        write(client, "a")
    with pod.running(persistence) as client:
        assert client.keys() == ["a"]


@pytest.mark.parametrize(("before", "after"), [("aof", "rdb"), ("rdb", "aof")])
def test_data_survive_a_change_that_comes_with_a_restart(pod: Pod, before: str, after: str) -> None:
    with pod.running(before) as client:
        write(client, "a")
    with pod.running(after, adjusted=False) as client:
        assert client.keys() == ["a"]
    with pod.running(after) as client:
        write(client, "b")
    with pod.running(after) as client:
        assert sorted(client.keys()) == ["a", "b"]


def test_the_newest_data_are_there_after_every_change_back_and_forth(pod: Pod) -> None:
    expected: list[str] = []
    for number, persistence in enumerate(["aof", "rdb", "rdb", "aof", "rdb", "rdb", "aof", "aof"]):
        with pod.running(persistence) as client:
            assert sorted(client.keys()) == expected
            write(client, f"key-{number}")
        expected.append(f"key-{number}")


def test_the_newest_data_are_there_when_the_change_back_comes_with_a_restart(pod: Pod) -> None:
    with pod.running("aof") as client:
        write(client, "a")
        adjust(client, "rdb")
        write(client, "b")
    with pod.running("aof") as client:
        assert sorted(client.keys()) == ["a", "b"]


def test_the_newest_data_are_there_when_redis_is_killed_before_its_append_only_file_is_written(pod: Pod) -> None:
    with pod.running("aof") as client:
        write(client, "a")
        adjust(client, "rdb")
        write(client, "b")
        client.config_set("rdb-key-save-delay", FOREVER)
        client.config_set("appendonly", "yes")
        assert _is_rewriting(client)
    with pod.running("aof") as client:
        assert sorted(client.keys()) == ["a", "b"]


def test_a_snapshot_made_by_hand_does_not_hide_what_was_written_after_it(pod: Pod) -> None:
    with pod.running("aof") as client:
        write(client, "a")
        client.save()
        write(client, "b")
    with pod.running("aof") as client:
        assert sorted(client.keys()) == ["a", "b"]


def test_a_snapshot_made_by_hand_does_not_hide_what_was_written_meanwhile(pod: Pod) -> None:
    with pod.running("aof") as client:
        write(client, "a")
        client.config_set("rdb-key-save-delay", A_MOMENT)
        client.bgsave()
        write(client, "b")
        assert client.info("persistence")["rdb_bgsave_in_progress"]
        wait_until(lambda: not client.info("persistence")["rdb_bgsave_in_progress"], what="the snapshot")
    with pod.running("aof") as client:
        assert sorted(client.keys()) == ["a", "b"]
