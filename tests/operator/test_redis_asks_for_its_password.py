"""The Redis of a pod: a port-forward to it, or a process beside it, opens nothing without the password."""

import base64
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from kuberedis_operator.resources.password_secret import RedisPassword, build
from kuberedis_operator.resources.redis_conf import redis_conf
from tests.harness.ports import free_port
from tests.harness.redis_server import RedisServer
from tests.harness.waiting import wait_until
from tests.operator.rendering import container, instance, topology

pytestmark = pytest.mark.every_server

ROTATING = RedisPassword("new", previous="old", previous_expires_at=datetime.now(UTC) + timedelta(minutes=1))


@contextmanager
def started(binary: Path, folder: Path, password: RedisPassword) -> Iterator[int]:
    """The container `redis`, without the container: its port. Its files are those of the mounted ConfigMap and Secret."""
    port, conf, users, data = free_port(), folder / "redis.conf", folder / "users.conf", folder / "data"
    data.mkdir()
    conf.write_text(redis_conf(instance().spec).replace('port "6379"', f"port {port}").replace('dir "/data"', f"dir {data}"))
    users.write_bytes(base64.b64decode(build(topology(instance()), password)["data"]["users.conf"]))
    (folder / binary.name).symlink_to(binary)
    shell = shutil.which("sh")
    assert shell is not None
    command = [*container("redis", instance())["command"][:3], str(conf), "--include", str(users)]
    environ = {**os.environ, "PATH": f"{folder}:{Path(shell).parent}"}
    with subprocess.Popen(command, cwd=data, env=environ, stdout=subprocess.PIPE, start_new_session=True) as process:
        try:
            wait_until(lambda: process.poll() is not None or says(port, password.password) == "PONG", what="the server")
            assert process.poll() is None, process.communicate()[0]
            assert password.password not in Path(f"/proc/{process.pid}/cmdline").read_text()
            yield port
        finally:
            os.killpg(process.pid, signal.SIGKILL)  # with what watches it


def says(port: int, password: str | None) -> str:
    """What Redis says to PING after a login with this password, or without one."""
    try:
        with redis.Redis(port=port, password=password, retry=Retry(NoBackoff(), 0)) as client:
            return "PONG" if client.ping() else ""
    except redis.RedisError as error:
        return str(error)


@pytest.mark.parametrize(("password", "accepted"), [(RedisPassword("new"), {"new"}), (ROTATING, {"new", "old"})])
def test_nothing_is_open_without_a_password(redis_server: RedisServer, tmp_path: Path, password: RedisPassword, accepted: set[str]) -> None:
    with started(redis_server.binary, tmp_path, password) as port:
        assert says(port, None) != "PONG"
        with socket.create_connection(("127.0.0.1", port)) as forwarded:
            forwarded.sendall(b"INFO\r\n")
            assert forwarded.recv(100).startswith(b"-NOAUTH")
        assert {text for text in ("new", "old", "", "other", "users.conf") if says(port, text) == "PONG"} == accepted
