"""A script that does not end is stopped at its limit, whoever sent it; nobody waits for it longer than that and a second."""

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest
import redis

from kuberedis_core.sidecar_environment import REDIS_GUARD
from kuberedis_operator.resources.pod import GUARD_REDIS
from tests.faults.traffic import Traffic, client_of, echo, traffic
from tests.harness.redis_server import RedisServer
from tests.harness.sidecar import Sidecar, launch, make_auth_dir, sidecar_environ
from tests.harness.tokens import mint_token
from tests.harness.waiting import wait_until

pytestmark = [pytest.mark.every_server, pytest.mark.serial]

LIMIT = 0.5
LONGEST = LIMIT + 1
"""How long anybody else may wait."""

FOR_EVER = "while true do end"
_PATTERN = "return string.find(string.rep('a', 400), string.rep('.-', 12) .. 'b')"
LIBRARY = "#!lua name=lib\nredis.register_function{function_name='forever', callback=function() while true do end end, flags={'no-writes'}}"

Starts = Callable[..., Sidecar]


@pytest.fixture(scope="module")
def redis_server(own_redis_server: RedisServer) -> RedisServer:
    """A server that these tests restart."""
    return own_redis_server


@pytest.fixture
def start(redis_server: RedisServer, tmp_path: Path) -> Iterator[Starts]:
    """Starts a sidecar in which nobody is suspended yet, and which ends with the test."""
    with ExitStack() as sidecars:

        def start(**environ: str) -> Sidecar:
            overrides = {"KUBEREDIS_SCRIPT_TIMEOUT_SECONDS": str(LIMIT), "KUBEREDIS_ACCESS_LOG": "false", **environ}
            sidecar = launch(sidecar_environ(redis_server, make_auth_dir(tmp_path), overrides))
            sidecars.callback(sidecar.end)
            sidecar.wait_until_ready()
            return sidecar

        yield start


def send(sidecar: Sidecar, bearer: str, path: str, body: object) -> httpx.Response:
    with client_of(sidecar, bearer) as http:
        return http.post(path, json=body)


@contextmanager
def attacked(sidecar: Sidecar, *attacks: tuple[str, str, object]) -> Iterator[tuple[Traffic, list[Future[httpx.Response]]]]:
    """Requests of a neighbour with the key, while a script runs: a bearer, path and body each."""
    with traffic(sidecar, echo, clients=2) as seen, ThreadPoolExecutor(len(attacks)) as pool:
        seen.wait_for(20)
        yield seen, [pool.submit(send, sidecar, *attack) for attack in attacks]
        seen.wait_for(20)


def assert_nobody_waited(seen: Traffic) -> None:
    assert seen.failures == []
    assert {one.status for one in seen.seen} <= {200, 503}
    assert {one.retry_after for one in seen.with_status(503)} <= {"1"}
    assert seen.slowest() < LONGEST


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/", ["EVAL_RO", FOR_EVER, "0"]),
        ("/", ["EVAL_RO", "while true do pcall(function() while true do end end) end", "0"]),
        ("/raw-command", {"command": "eval_ro", "args": [FOR_EVER, 0]}),
        ("/pipeline", [["GET", "a"], *[["EVAL_RO", FOR_EVER, "0"]] * 50]),
        ("/pipeline", [["EVAL_RO", FOR_EVER, "0"], ["XREAD", "BLOCK", "0", "STREAMS", "s", "$"]]),
        ("/multi-exec", [["EVAL_RO", FOR_EVER, "0"], ["GET", "a"]]),
        ("/", ["FCALL_RO", "forever", "0"]),
    ],
    ids=["loop", "pcall", "raw-command", "pipeline", "blocking", "transaction", "function"],
)
def test_endless_script_is_stopped_and_its_token_suspended(start: Starts, redis_server: RedisServer, path: str, body: object) -> None:
    redis_server.client().function_load(LIBRARY, replace=True)
    sidecar = start()
    token = mint_token(sidecar, scope="read")
    with attacked(sidecar, (token, path, body)) as (seen, [answer]):
        assert answer.result().status_code in (200, 400, 429)
        assert LIMIT <= answer.result().elapsed.total_seconds() < LONGEST
        assert "Script killed" in answer.result().text or "ran longer than 0.5 s" in answer.result().text or path == "/pipeline"
        again = send(sidecar, token, "/", ["EVAL_RO", "return 1", "0"])
        assert again.status_code == 429
        assert 0 < int(again.headers["retry-after"]) <= 10
        assert send(sidecar, token, "/", ["GET", "a"]).status_code == 200
        assert send(sidecar, sidecar.api_key, "/", ["EVAL_RO", "return 1", "0"]).json() == {"result": 1}
    assert_nobody_waited(seen)


def test_endless_scripts_sent_at_once_are_stopped_as_one(start: Starts) -> None:
    sidecar = start()
    token = mint_token(sidecar, scope="read")
    with attacked(sidecar, *[(token, "/", ["EVAL_RO", FOR_EVER, "0"])] * 20) as (seen, answers):
        started = time.monotonic()
        texts = [answer.result().text for answer in answers]
        assert time.monotonic() - started < LONGEST
    assert sum("ran longer" in text for text in texts) >= 1
    assert_nobody_waited(seen)
    assert len([line for line in sidecar.logs() if line["event"] == "script_stopped"]) == 1


def test_transaction_has_one_script_only(start: Starts) -> None:
    sidecar = start()
    answer = send(sidecar, sidecar.api_key, "/multi-exec", [["EVAL", "return 1", "0"], ["FCALL", "f", "0"]])
    assert answer.status_code == 400
    assert "one script" in answer.json()["error"]


@pytest.mark.parametrize("appendfsync", ["everysec", "always"])
def test_endless_script_that_has_written_costs_a_restart_and_no_acknowledged_write(
    start: Starts, redis_server: RedisServer, appendfsync: str
) -> None:
    redis_server.client().config_set("appendfsync", appendfsync)
    sidecar = start()
    token = mint_token(sidecar, scope="write", acl="~mine:* +@all")
    acknowledged: list[int] = []

    def write(http: httpx.Client, tag: str) -> httpx.Response:
        number = int(tag.partition("-")[2])
        answer = http.post("/", json=["SET", f"written:{number}", number])
        if answer.status_code == 200:
            acknowledged.append(number)
        return answer

    with traffic(sidecar, write, clients=1) as seen, ThreadPoolExecutor(1) as pool:
        seen.wait_for(50)
        command = ["EVAL", f"redis.call('SET', KEYS[1], 'half') {FOR_EVER}", "1", "mine:half"]
        answer = pool.submit(send, sidecar, token, "/", command)
        assert redis_server.process.wait(LONGEST + 1) == 0
        redis_server.restart()
        assert answer.result().status_code == 503
        seen.wait_for(50)
    assert seen.failures == []
    assert seen.slowest() < LONGEST
    database = redis_server.client()
    assert database.exists(*(f"written:{number}" for number in acknowledged)) == len(acknowledged) > 100
    assert database.get("mine:half") is None
    again = send(sidecar, token, "/", ["EVAL", "return 1", "0"])
    assert again.status_code == 429
    assert 500 < int(again.headers["retry-after"]) <= 600
    assert [line["reason"] for line in sidecar.logs() if line["event"] == "script_not_stopped"] == ["it has written"]


def test_script_from_before_the_sidecar_was_restarted_is_stopped(start: Starts, redis_server: RedisServer) -> None:
    client = redis_server.client()
    client.config_set("lua-time-limit", 100)
    with ThreadPoolExecutor(1) as pool:
        endless = pool.submit(client.execute_command, "EVAL_RO", FOR_EVER, 0)

        def is_busy() -> bool:
            try:
                return not redis_server.client().ping()
            except redis.ResponseError:
                return True

        wait_until(is_busy)
        sidecar = start()
        assert send(sidecar, sidecar.api_key, "/", ["SET", "a", "1"]).status_code == 200
        assert isinstance(endless.exception(), redis.ResponseError)


@pytest.mark.slow
def test_script_inside_of_one_call_keeps_nobody_waiting_and_is_ended_by_the_guard(
    start: Starts, redis_server: RedisServer, tmp_path: Path
) -> None:
    """Redis cannot interrupt a call of a library, and answers nobody until it ends."""
    guard = tmp_path / "guard"
    redis_server.stop()
    redis_server.prefix = ("env", f"{REDIS_GUARD}={guard}", "sh", "-c", GUARD_REDIS + 'exec "$0" "$@"')
    redis_server.start()
    sidecar = start(**{REDIS_GUARD: str(guard)})
    token = mint_token(sidecar, scope="read")
    with traffic(sidecar, echo, clients=2, pause=0.01) as seen, ThreadPoolExecutor(1) as pool:
        seen.wait_for(20)
        answer = pool.submit(send, sidecar, token, "/", ["EVAL_RO", _PATTERN, "0"])
        assert redis_server.process.wait(LIMIT + 7) == 1
        redis_server.restart()
        assert answer.result().status_code == 503
        seen.wait_for(20)
    assert seen.failures == []
    assert {one.status for one in seen.seen} == {200, 503}
    assert seen.slowest() < LONGEST
    assert send(sidecar, token, "/", ["EVAL_RO", "return 1", "0"]).status_code == 429
    # The end of the FIFO ends the guard, which in a pod ends with its container.
    os.close(os.open(guard, os.O_WRONLY | os.O_NONBLOCK))
    redis_server.prefix = ()
