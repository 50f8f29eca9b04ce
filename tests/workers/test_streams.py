"""Streams of one channel whose connections belong to different workers."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
import redis

from tests.harness.redis_server import RedisServer
from tests.harness.sidecar import Sidecar
from tests.harness.waiting import wait_until
from tests.harness.workers import worker_of, workers
from tests.sidecar.events import EventStream
from tests.telemetry.page import scrape

pytestmark = pytest.mark.slow

MOST = 8


@pytest.fixture
def sidecar(redis_server: RedisServer, start_sidecar: Callable[..., Sidecar]) -> Sidecar:
    """A sidecar with two workers, which may have eight streams together."""
    return start_sidecar(redis_server, KUBEREDIS_WORKERS="2", KUBEREDIS_MAX_SUBSCRIBERS=str(MOST))


@pytest.fixture
def opened() -> Iterator[ExitStack]:
    """Closes what is opened in a test."""
    with ExitStack() as stack:
        yield stack


def subscribed(opened: ExitStack, sidecar: Sidecar) -> dict[int, list[EventStream]]:
    """As many streams as may be, by their workers. One that has its part already refuses more."""
    streams: dict[int, list[EventStream]] = {worker: [] for worker in workers(sidecar)}
    for _ in range(10 * MOST):
        stream = opened.enter_context(EventStream(sidecar, "/subscribe/news"))
        own = streams[worker_of(sidecar, stream.socket)]
        assert stream.response.status == (200 if len(own) < MOST // 2 else 429)
        if stream.response.status == 200:
            assert stream.data() == "subscribe,news,1"
            own.append(stream)
        if min(map(len, streams.values())) == MOST // 2:
            return streams
    raise AssertionError(streams)


def test_streams_of_all_workers_have_one_limit_and_get_every_message(
    sidecar: Sidecar, opened: ExitStack, redis_server: RedisServer
) -> None:
    streams = subscribed(opened, sidecar)
    refused = [opened.enter_context(EventStream(sidecar, "/subscribe/news")).response for _ in range(2)]
    assert [(response.status, b"divided between 2 workers" in response.read()) for response in refused] == [(429, True)] * 2
    wait_until(lambda: scrape(sidecar).total("kuberedis_subscribers") == MOST, what="the number of all streams")
    # One subscription of each worker.
    assert redis_server.client().publish("news", "hello") == 2
    assert {stream.data() for own in streams.values() for stream in own} == {"message,news,hello"}


def test_worker_that_is_killed_ends_its_own_streams_only(sidecar: Sidecar, opened: ExitStack, redis_server: RedisServer) -> None:
    streams = subscribed(opened, sidecar)
    killed, survivor = streams
    os.kill(killed, signal.SIGKILL)
    assert [is_ended(stream) for stream in streams[killed]] == [True] * (MOST // 2)
    wait_until(lambda: len(workers(sidecar) - {killed}) == 2, what="another worker")
    database: redis.Redis = redis_server.client()
    wait_until(lambda: database.publish("news", "hello") == 1, what="the end of the subscription of the one that was killed")
    assert {stream.data() for stream in streams[survivor]} == {"message,news,hello"}
    wait_until(lambda: scrape(sidecar).total("kuberedis_subscribers") == MOST // 2, what="the number of streams that are left")


def is_ended(stream: EventStream) -> bool:
    """Whether a stream ends without another event."""
    try:
        return stream.line() == b""
    except OSError:
        return True
