"""A command that waits ends when its credential does, and what stands behind it is never executed."""

import secrets
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
import redis

from tests.faults.traffic import client_of
from tests.harness.redis_server import RedisServer
from tests.harness.sidecar import Sidecar
from tests.harness.tokens import mint_token
from tests.harness.waiting import wait_until
from tests.http_paths.exchange import Conversation

pytestmark = pytest.mark.every_server

_WAITING = [
    [["BLPOP", "q", "0"], ["SET", "behind", "blpop"]],
    [["BLMOVE", "q", "r", "LEFT", "LEFT", "0"], ["SET", "behind", "blmove"]],
    [["XREAD", "BLOCK", "0", "STREAMS", "s", "$"], ["SET", "behind", "xread"]],
    [["SET", "before", "1"], ["WAIT", "1", "0"], ["SET", "behind", "wait"]],
    [["BLPOP", "q", "0.1"], ["BLPOP", "q", "0.1"], ["BLPOP", "q", "0"], ["SET", "behind", "third"]],
]
"""Pipelines that wait for ever."""


@pytest.fixture(autouse=True)
def database(redis_server: RedisServer) -> redis.Redis:
    """An empty Redis in which nobody waits."""
    database = redis_server.client()
    wait_until(lambda: blocked(database) == 0)
    database.flushall()
    return database


def blocked(database: redis.Redis) -> int:
    return int(database.info("clients")["blocked_clients"])


def send(sidecar: Sidecar, bearer: str, pipeline: list[list[str]]) -> httpx.Response:
    with client_of(sidecar, bearer) as http:
        return http.post("/pipeline", json=pipeline)


def feed(database: redis.Redis) -> None:
    """Do what the waiting commands waited for."""
    database.rpush("q", "for another")
    database.xadd("s", {"f": "v"})


def assert_nothing_was_executed(database: redis.Redis) -> None:
    wait_until(lambda: blocked(database) == 0, limit_seconds=1)
    feed(database)
    assert (database.lrange("q", 0, -1), database.get("behind"), database.exists("r")) == ([b"for another"], None, 0)


def test_waiting_commands_end_when_the_token_expires(sidecar: Sidecar, database: redis.Redis) -> None:
    expiry = int(time.time()) + 2
    token = mint_token(sidecar, exp=expiry, scope="write")
    with ThreadPoolExecutor(2 * len(_WAITING)) as pool:
        pending = [pool.submit(send, sidecar, token, pipeline) for pipeline in _WAITING]
        answers = [one.result() for one in pending]
    assert expiry <= time.time() < expiry + 1
    assert {answer.status_code for answer in answers} == {401}
    assert {"expired" in answer.json()["error"] for answer in answers} == {True}
    assert_nothing_was_executed(database)


def test_waiting_commands_end_when_the_key_is_revoked(
    redis_server: RedisServer, start_sidecar: Callable[..., Sidecar], tmp_path: Path, database: redis.Redis
) -> None:
    (tmp_path / "api_key").write_text(secrets.token_hex(32))
    sidecar = start_sidecar(redis_server, KUBEREDIS_AUTH_DIR=str(tmp_path))
    token = mint_token(sidecar, scope="write")
    with ThreadPoolExecutor(2 * len(_WAITING)) as pool:
        pending = [pool.submit(send, sidecar, bearer, pipeline) for bearer in (token, sidecar.api_key) for pipeline in _WAITING]
        wait_until(lambda: blocked(database) == len(pending))
        (tmp_path / "api_key").write_text(secrets.token_hex(32))
        revoked = time.monotonic()
        answers = [one.result() for one in pending]
    assert time.monotonic() - revoked < 2
    assert {answer.status_code for answer in answers} == {401}
    assert {"revoked" in answer.json()["error"] for answer in answers} == {True}
    assert_nothing_was_executed(database)


def test_what_stands_behind_a_waiting_command_is_executed_in_time(sidecar: Sidecar, database: redis.Redis) -> None:
    with ThreadPoolExecutor(2 * len(_WAITING)) as pool:
        pipeline = [["SET", "a", "1"], ["BLPOP", "q", "0"], ["SET", "behind", "2"], ["GET", "a"]]
        answer = pool.submit(send, sidecar, mint_token(sidecar), pipeline)
        wait_until(lambda: blocked(database) == 1)
        assert (database.get("a"), database.get("behind")) == (b"1", None)
        feed(database)
        assert answer.result().json() == [{"result": "OK"}, {"result": ["q", "for another"]}, {"result": "OK"}, {"result": "1"}]


def test_request_whose_body_comes_after_its_token_expired_is_refused(sidecar: Sidecar, database: redis.Redis) -> None:
    """The credential is checked before the body is read, which may take a minute, and once more before anything is sent to Redis."""
    expiry = int(time.time()) + 1
    token = mint_token(sidecar, exp=expiry)
    body = b'["SET","late","' + b"x" * 100_000 + b'"]'
    head = f"POST {sidecar.base_path}/ HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\nContent-Length: {len(body)}\r\n\r\n"
    with Conversation(sidecar.origin) as conversation:
        conversation.send(head.encode() + body[:-1])
        wait_until(lambda: time.time() > expiry)
        conversation.send(body[-1:])
        answer = conversation.read_answer("POST")
    assert answer is not None
    assert answer.status == 401
    assert database.get("late") is None
