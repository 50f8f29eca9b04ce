"""One token takes no more than its share of a limit, and tokens together leave some of it to the instance's key."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest
import redis

from tests.faults.traffic import client_of
from tests.harness.redis_server import RedisServer
from tests.harness.sidecar import Sidecar, StartSidecar
from tests.harness.tokens import mint_token
from tests.harness.waiting import wait_until
from tests.http_paths.exchange import Conversation
from tests.telemetry.page import scrape

pytestmark = pytest.mark.every_server

_MOMENT = 0.001


@pytest.fixture(scope="module")
def redis_server(own_redis_server: RedisServer) -> RedisServer:
    """A server whose clients are all of this module."""
    return own_redis_server


@pytest.fixture
def database(redis_server: RedisServer) -> redis.Redis:
    return redis_server.client()


@contextmanager
def asking(sidecar: Sidecar, bearer: str, path: str, body: object, times: int) -> Iterator[list[Conversation]]:
    """Send a request that many times at once, and wait for no answer."""
    content = json.dumps(body).encode()
    head = f"POST {sidecar.base_path}{path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {bearer}\r\nContent-Length: {len(content)}\r\n\r\n"
    with ExitStack() as stack:
        conversations = [stack.enter_context(Conversation(sidecar.origin)) for _ in range(times)]
        for conversation in conversations:
            conversation.send(head.encode() + content)
        yield conversations


def refused(conversations: list[Conversation]) -> list[str]:
    """The errors of those that are answered: all 429."""
    answers = [conversation.read_answer("POST") for conversation in conversations if not conversation.is_quiet(_MOMENT)]
    assert {answer.status for answer in answers if answer is not None} <= {429}
    return [json.loads(answer.body)["error"] for answer in answers if answer is not None]


def blocked(database: redis.Redis) -> int:
    return int(database.info("clients")["blocked_clients"])


def streams(sidecar: Sidecar) -> float:
    return scrape(sidecar).total("kuberedis_subscribers")


def test_one_token_has_a_quarter_of_the_blocking_connections(sidecar: Sidecar, database: redis.Redis) -> None:
    command = ["XREAD", "BLOCK", "0", "STREAMS", "s", "$"]
    token = mint_token(sidecar, scope="read")
    with asking(sidecar, token, "/", command, 64) as by_token:
        wait_until(lambda: blocked(database) == 16)
        with asking(sidecar, mint_token(sidecar), "/", command, 1), asking(sidecar, sidecar.api_key, "/", command, 47) as by_key:
            wait_until(lambda: blocked(database) == 64)
            assert all(conversation.is_quiet(_MOMENT) for conversation in by_key)
        errors = refused(by_token)
    assert len(errors) == 48
    assert {"16 of the 64" in error and "limits.maxBlockingConnections" in error for error in errors} == {True}
    wait_until(lambda: blocked(database) == 0)


def test_tokens_together_leave_a_quarter_of_the_streams_to_the_key(sidecar: Sidecar) -> None:
    with ExitStack() as stack:
        for name in ("a", "b", "c"):
            token = mint_token(sidecar, scope="read", acl=f"~{name} &news +@all")
            stack.enter_context(asking(sidecar, token, "/subscribe/news", [], 64))
        wait_until(lambda: streams(sidecar) == 192)
        with client_of(sidecar, mint_token(sidecar, scope="write")) as http:
            answer = http.post("/subscribe/news")
        assert answer.status_code == 429
        assert "192 of the 256" in answer.json()["error"]
        assert "limits.maxSubscribers" in answer.json()["error"]
        stack.enter_context(asking(sidecar, sidecar.api_key, "/subscribe/news", [], 64))
        wait_until(lambda: streams(sidecar) == 256)
    wait_until(lambda: streams(sidecar) == 0)


@pytest.mark.parametrize("fast_path", ["true", "false"], ids=["fast", "sanic"])
def test_one_token_has_a_quarter_of_the_requests(redis_server: RedisServer, start_sidecar: StartSidecar, fast_path: str) -> None:
    sidecar = start_sidecar(redis_server, KUBEREDIS_MAX_REQUESTS="16", KUBEREDIS_FAST_PATH=fast_path)
    token = mint_token(sidecar, scope="read")
    for bearer in (token, sidecar.api_key):
        with client_of(sidecar, bearer) as http:
            assert http.post("/", json=["GET", "a"]).status_code == 200
    with ExitStack() as stack:
        redis_server.stop_signal()
        stack.callback(redis_server.continue_signal)
        by_token = stack.enter_context(asking(sidecar, token, "/", ["GET", "a"], 12))
        wait_until(lambda: sum(not conversation.is_quiet(_MOMENT) for conversation in by_token) == 8)
        errors = refused(by_token)
        by_key = stack.enter_context(asking(sidecar, sidecar.api_key, "/", ["GET", "a"], 13))
        wait_until(lambda: sum(not conversation.is_quiet(_MOMENT) for conversation in by_key) == 1)
    assert {"4 of the 16" in error and "limits.maxRequests" in error for error in errors} == {True}
