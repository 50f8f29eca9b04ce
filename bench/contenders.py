"""The measured servers, each a separate process on loopback, all in front of one Redis.

Each is a context manager that stops what it started; its files are in the folder it is given.
"""

import base64
import json
import os
import secrets
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import jwt
from redis import Redis as RedisClient
from redis.exceptions import ConnectionError as RedisConnectionError

from bench import running, tools
from bench.errors import BenchError
from bench.process import family
from kuberedis_operator.resources.pod import GIVE_BACK_MEMORY

INSTANCE = "bench"
BASE_PATH = f"/instances/{INSTANCE}"
_JWT_SECONDS = 24 * 3600


@dataclass(frozen=True)
class Redis:
    """A Redis without persistence, so that no figure depends on a disk; it listens on TCP and on a Unix socket."""

    pid: int
    port: int
    socket: Path
    password_file: Path

    @property
    def password(self) -> str:
        """Password of the default user."""
        return self.password_file.read_text()

    def client(self) -> RedisClient:
        """A connection for setup and inspection, never for measuring."""
        return RedisClient(port=self.port, password=self.password, decode_responses=True)


@dataclass(frozen=True)
class Webdis:
    """webdis, a C program that serves Redis over HTTP."""

    pid: int
    origin: str
    authorization: str
    threads: int


@dataclass(frozen=True)
class Collector:
    """A collector of traces that takes them by OTLP over HTTP."""

    pid: int
    url: str


@dataclass(frozen=True)
class Sidecar:
    """A sidecar: `authorization` has the instance key, `jwt_authorization` a token signed with it."""

    pid: int
    origin: str
    key: str
    ready_seconds: float
    workers: int

    @property
    def authorization(self) -> str:
        """The header's value with the instance key."""
        return f"Bearer {self.key}"

    @property
    def jwt_authorization(self) -> str:
        """The header's value with a token that expires in a day."""
        claims = {"aud": INSTANCE, "exp": int(time.time()) + _JWT_SECONDS, "scope": "write"}
        return f"Bearer {jwt.encode(claims, self.key, 'HS256')}"


@contextmanager
def redis(folder: Path) -> Iterator[Redis]:
    """A Redis with its files in `folder`, whose path must be short enough for a Unix socket."""
    password_file = folder / "redis-password"
    password_file.write_text(secrets.token_hex(32))
    port = running.free_port()
    config = folder / "redis.conf"
    config.write_text(
        f"bind 127.0.0.1\nport {port}\nunixsocket {folder / 'redis.sock'}\nrequirepass {password_file.read_text()}\n"
        f'save ""\nappendonly no\ndir {folder}\n'
    )
    with running.process([tools.find("redis-server"), str(config)], folder / "redis.log") as process:
        server = Redis(process.pid, port, folder / "redis.sock", password_file)

        def answers() -> bool:
            try:
                return bool(server.client().ping())
            except RedisConnectionError:
                return False

        running.wait(process, answers, "redis-server")
        yield server


@contextmanager
def webdis(folder: Path, redis: Redis, *, threads: int, authenticates: bool = True) -> Iterator[Webdis]:
    """A webdis in front of `redis` that permits the commands of the measurements to those who know a password, or anything to anybody."""
    # webdis does not accept its own password if it is twice as long.
    user = f"{INSTANCE}:{secrets.token_hex(16)}"
    port = running.free_port()
    config = {
        "redis_host": "127.0.0.1",
        "redis_port": redis.port,
        "redis_auth": redis.password,
        "http_host": "127.0.0.1",
        "http_port": port,
        "http_max_request_size": 10 * 1024 * 1024,
        "threads": threads,
        "pool_size": 20,
        "daemonize": False,
        "websockets": False,
        "acl": [{"disabled": ["*"]}, {"http_basic_auth": user, "enabled": ["GET", "SET", "PING", "SUBSCRIBE"]}] if authenticates else [],
        "verbosity": 1,
        "logfile": str(folder / "webdis.log"),
    }
    path = folder / "webdis.json"
    path.write_text(json.dumps(config))
    origin = f"http://127.0.0.1:{port}"
    authorization = f"Basic {base64.b64encode(user.encode()).decode()}"
    with running.process([tools.find("webdis"), str(path)], folder / "webdis.out") as process:
        running.wait(process, lambda: running.answers_ok(f"{origin}/PING", authorization), "webdis")
        yield Webdis(process.pid, origin, authorization, threads)


@contextmanager
def collector(folder: Path) -> Iterator[Collector]:
    """A collector of traces."""
    port = running.free_port()
    url = f"http://127.0.0.1:{port}"
    with running.process([sys.executable, "-m", "bench.collector", str(port)], folder / "collector.log") as process:
        running.wait(process, lambda: running.answers_ok(url), "the collector of traces")
        yield Collector(process.pid, url)


@contextmanager
def sidecar(
    python: str, folder: Path, redis: Redis | None, telemetry: Mapping[str, str] = MappingProxyType({}), /, **settings: str
) -> Iterator[Sidecar]:
    """A sidecar in front of `redis`, or of what `settings` say, run by the interpreter `python`.

    `settings` are environment variables in lower case without their prefix, `telemetry` those of OpenTelemetry. Its log, with the access
    log if enabled, is a file in `folder`. It allocates memory as in a pod.
    """
    auth_dir = folder / "auth"
    auth_dir.mkdir()
    key = secrets.token_urlsafe(32)
    (auth_dir / "api_key").write_text(key)
    variables = {
        "instance": INSTANCE,
        "listen": "127.0.0.1:0",
        "auth_dir": str(auth_dir),
        "access_log": "false",
        "workers": "1",
    }
    if redis is not None:
        variables |= {"redis_url": f"redis://127.0.0.1:{redis.port}", "redis_password_file": str(redis.password_file)}
    variables |= settings
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("KUBEREDIS_", "OTEL_"))}
    environment = inherited | {f"KUBEREDIS_{name.upper()}": value for name, value in variables.items()} | GIVE_BACK_MEMORY | dict(telemetry)
    output = folder / "sidecar.out"
    begin = time.perf_counter()
    with running.process([python, "-m", "kuberedis_sidecar"], output, environment) as process:
        running.wait(process, lambda: _listening_address(output) is not None, "the sidecar")
        origin = f"http://{_listening_address(output)}"
        running.wait(process, lambda: running.answers_ok(f"{origin}/readyz"), "the sidecar")
        ready_seconds, workers = time.perf_counter() - begin, int(variables["workers"])
        if (processes := len(list(family(process.pid)))) < workers:
            raise BenchError(f"the sidecar has {processes} processes, but should have {workers} workers")
        yield Sidecar(process.pid, origin, key, ready_seconds, workers)


def _listening_address(output: Path) -> str | None:
    """The address in the sidecar's log line `listening`; the last line of the log may be incomplete."""
    *lines, _ = output.read_text().split("\n")
    for line in lines:
        if line.startswith("{") and (event := json.loads(line))["event"] == "listening":
            return str(event["address"])
    return None
