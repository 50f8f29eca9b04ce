"""Quiet streams are kept open by comments, which clients ignore."""

import time

import pytest
import redis

from tests.harness.redis_server import RedisServer
from tests.harness.sidecar import Sidecar, StartSidecar
from tests.harness.tokens import mint_token
from tests.sidecar.events import EventStream

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def restless(redis_server: RedisServer, start_sidecar: StartSidecar) -> Sidecar:
    """A sidecar that sends five heartbeats a second."""
    return start_sidecar(redis_server, KUBEREDIS_HEARTBEAT_SECONDS="0.2")


@pytest.mark.parametrize("path", ["/subscribe/quiet", "/psubscribe/quiet*"])
def test_idle_stream_sends_heartbeats(restless: Sidecar, path: str) -> None:
    with EventStream(restless, path) as stream:
        stream.data()
        started = time.monotonic()
        assert [stream.line() for _ in range(10)] == [b": keep-alive\n", b"\n"] * 5
        assert 0.8 < time.monotonic() - started < 5


def test_messages_arrive_between_heartbeats(restless: Sidecar, redis_server: RedisServer) -> None:
    publisher: redis.Redis = redis_server.client()
    with EventStream(restless, "/subscribe/news") as stream:
        assert stream.data() == "subscribe,news,1"
        for number in range(3):
            assert stream.line() == b": keep-alive\n"
            assert stream.line() == b"\n"
            publisher.publish("news", f"{number}")
            assert stream.data() == f"message,news,{number}"


def test_default_stays_below_the_idle_time_of_proxies(sidecar: Sidecar) -> None:
    """nginx closes a connection on which nothing came for 60 s; others are content with less."""
    with EventStream(sidecar, "/subscribe/quiet") as stream:
        stream.socket.settimeout(20)
        stream.data()
        assert stream.line() == b": keep-alive\n"


def test_stream_ends_when_its_token_expires(restless: Sidecar) -> None:
    token = mint_token(restless, exp=int(time.time()) + 2)
    with EventStream(restless, "/subscribe/quiet", {"Authorization": f"Bearer {token}"}) as stream:
        assert stream.data() == "subscribe,quiet,1"
        while (line := stream.line()) in (b": keep-alive\n", b"\n"):
            pass
        assert line == b"event: close\n"
        assert "expired" in stream.data()
        assert stream.line() == b""
