"""`kuberedis_cli.testing`, used as another project uses it: in a test suite, and without pytest."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import httpx
import pytest

from kuberedis_cli.testing import HttpRedis, local_redis
from tests.cli.command import LIMIT_SECONDS, children_of, eventually, gone
from tests.harness.documentation import blocks

pytest_plugins = ["pytester"]

PAGE = "docs/use/testing.md"

SUITE = """
import pytest
from upstash_redis import Redis

def client(http_redis):
    return Redis(url=http_redis.url, token=http_redis.token, allow_telemetry=False)

def test_counts(http_redis):
    assert client(http_redis).incr("visits") == 1

def test_counts_from_nothing_again(http_redis):
    assert client(http_redis).incr("visits") == 1

def test_one_server_serves_the_session(http_redis, http_redis_server):
    assert http_redis == http_redis_server

@pytest.mark.http_redis(replicas=3)
def test_counts_on_after_the_primary_was_killed(http_redis):
    assert client(http_redis).incr("visits") == 1
    assert http_redis.fail_over(kill=True).startswith("local-")
    assert client(http_redis).incr("visits") == 2

def test_one_member_cannot_fail_over(http_redis):
    with pytest.raises(RuntimeError, match="replicas=3"):
        http_redis.fail_over()
"""


def test_one_line_gives_another_project_an_empty_redis_for_each_test(pytester: pytest.Pytester) -> None:
    conftest, first, failover = [block.text for block in blocks(PAGE) if block.section in ("With pytest", "Failovers")]
    pytester.makeconftest(conftest)
    pytester.makepyfile(SUITE, test_first=first, test_failover=failover)
    pytester.runpytest_subprocess("-p", "no:valkey", "-p", "no:kmock", "--strict-markers").assert_outcomes(passed=7)


def get(server: HttpRedis, key: str) -> int:
    headers = {"Authorization": f"Bearer {server.token}"}
    return httpx.get(f"{server.url}/keys/{key}", headers=headers, trust_env=False).status_code


def test_a_context_manager_does_the_same_without_pytest() -> None:
    before = set(children_of(os.getpid()))
    with local_redis() as server:
        httpx.post(f"{server.url}/set/a/1", headers={"Authorization": f"Bearer {server.token}"}, trust_env=False)
        assert get(server, "a") == 200
        server.clear()
        assert get(server, "a") == 404
        guards = set(children_of(os.getpid())) - before
        assert guards
    assert all(gone(guard) for guard in guards)
    with pytest.raises(httpx.ConnectError):
        get(server, "a")
    with pytest.raises(OSError, match="refused"):
        server.clear()


def test_it_lasts_longer_than_the_thread_that_started_it() -> None:
    held = []
    context = local_redis()
    thread = threading.Thread(target=lambda: held.append(context.__enter__()))
    thread.start()
    thread.join(LIMIT_SECONDS)
    try:
        assert get(held[0], "a") == 404
    finally:
        context.__exit__(None, None, None)


def test_a_test_run_that_is_killed_leaves_no_server(tmp_path: Path) -> None:
    script = "from kuberedis_cli.testing import local_redis\nwith local_redis() as s: print(s.url, flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", script], cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        assert run.stdout.readline().startswith("http://")
        [guard] = children_of(run.pid)
        [local] = children_of(guard)
        [server] = children_of(local)
        os.kill(run.pid, signal.SIGKILL)
    eventually(lambda: all(gone(pid) for pid in (guard, local, server)))


def test_a_server_that_does_not_start_is_an_error_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBEREDIS_MAX_GRANTS", "many")
    with pytest.raises(RuntimeError, match="KUBEREDIS_MAX_GRANTS: 'many' does not fit"), local_redis():
        pass
