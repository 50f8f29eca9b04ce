"""Streams of equal grants and channels share a subscription of Redis, and each is as if it had its own."""

import itertools
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest
import redis

from tests.harness.redis_server import RedisServer
from tests.harness.sidecar import Sidecar
from tests.harness.tokens import mint_token
from tests.harness.waiting import wait_until
from tests.sidecar.events import EventStream

pytestmark = pytest.mark.every_server


@pytest.fixture(scope="module")
def publisher(redis_server: RedisServer) -> redis.Redis:
    """Publishes with no gateway in between."""
    return redis_server.client()


def opened(stack: ExitStack, sidecar: Sidecar, path: str, **claims: str) -> EventStream:
    """A stream by the instance's key, or by a token with claims."""
    headers = {"Authorization": f"Bearer {mint_token(sidecar, **claims)}"} if claims else {}
    return stack.enter_context(EventStream(sidecar, path, headers))


@pytest.mark.parametrize(
    ("streams", "counted"),
    [
        ([("/subscribe/shared", {})] * 5, 1),
        ([("/psubscribe/share*", {})] * 3, 1),
        ([("/subscribe/shared", {}), ("/subscribe/shared", {"scope": "admin"})], 1),
        ([("/subscribe/shared", {"scope": "read", "acl": "&shared"})] * 2, 1),
        ([("/subscribe/shared", {}), ("/subscribe/shared", {"scope": "read"})], 2),
        ([("/subscribe/shared", {}), ("/psubscribe/shared", {})], 2),
        ([("/subscribe/shared", {}), ("/subscribe/other/shared", {}), ("/subscribe/shared/other", {})], 3),
        ([("/subscribe/shared/shared", {})] * 2, 1),
    ],
)
def test_publish_counts_grants_and_lists_of_channels_but_not_their_streams(
    sidecar: Sidecar, publisher: redis.Redis, streams: list[tuple[str, dict[str, str]]], counted: int
) -> None:
    with ExitStack() as stack:
        opens = [(path, opened(stack, sidecar, path, **claims)) for path, claims in streams]
        for path, stream in opens:
            _, command, *channels = path.split("/")
            numbers = [channels.index(channel) + 1 for channel in channels]
            assert [stream.data() for _ in channels] == [f"{command},{channel},{n}" for channel, n in zip(channels, numbers, strict=True)]
        assert publisher.publish("shared", "x") == counted
        assert {stream.data().rpartition("message,")[2] for _, stream in opens} <= {"shared,x", "share*,shared,x", "shared,shared,x"}
    wait_until(lambda: publisher.publish("shared", "y") == 0, what="the end of the subscriptions")


@contextmanager
def numbers_published(publisher: redis.Redis, channel: str) -> Iterator[list[int]]:
    """Publish numbers as fast as Redis answers, until the end of the block; the value is the number of those that are published."""
    published, done = [0], threading.Event()

    def publish() -> None:
        for number in itertools.count():
            if done.is_set():
                return
            publisher.publish(channel, number)
            published[0] = number + 1

    thread = threading.Thread(target=publish)
    thread.start()
    try:
        yield published
    finally:
        done.set()
        thread.join()


def test_stream_that_joins_gets_all_after_its_confirmation_and_nothing_from_before(sidecar: Sidecar, publisher: redis.Redis) -> None:
    with ExitStack() as stack:
        opened(stack, sidecar, "/subscribe/flow").data()
        published = stack.enter_context(numbers_published(publisher, "flow"))
        for _ in range(40):
            before = published[0]
            stream = opened(stack, sidecar, "/subscribe/flow")
            assert stream.data() == "subscribe,flow,1"
            after = published[0]
            got = [int(stream.data().rpartition(",")[2]) for _ in range(20)]
            # One more may be on its way to Redis.
            assert before <= got[0] <= after + 1
            assert got == list(range(got[0], got[0] + 20))
            stream.close()


def test_stream_that_joins_one_that_is_far_behind_gets_nothing_from_before_either(sidecar: Sidecar, publisher: redis.Redis) -> None:
    message = "x" * (256 * 1024)
    with ExitStack() as stack:
        slow = opened(stack, sidecar, "/subscribe/queue")
        assert slow.data() == "subscribe,queue,1"
        # More than the gateway reads while nobody keeps up, so that the rest is in Redis.
        for number in range(16):
            publisher.publish("queue", f"{number},{message}")
        joined = opened(stack, sidecar, "/subscribe/queue")
        assert joined.data() == "subscribe,queue,1"
        publisher.publish("queue", "after")
        assert joined.data() == "message,queue,after"
        assert [slow.data() for _ in range(16)] == [f"message,queue,{number},{message}" for number in range(16)]
        assert slow.data() == "message,queue,after"


def test_one_leaves_while_another_comes(sidecar: Sidecar, publisher: redis.Redis) -> None:
    with ExitStack() as stack:
        stream = opened(stack, sidecar, "/subscribe/relay")
        assert stream.data() == "subscribe,relay,1"
        for number in range(50):
            stream.reset()
            stream = opened(stack, sidecar, "/subscribe/relay")
            assert stream.data() == "subscribe,relay,1"
            assert publisher.publish("relay", number) == 1
            assert stream.data() == f"message,relay,{number}"
    wait_until(lambda: publisher.publish("relay", "x") == 0, what="the end of the subscription")


def test_slow_reader_is_dropped_alone_and_told_why(sidecar: Sidecar, publisher: redis.Redis) -> None:
    message = "x" * (64 * 1024)
    with ExitStack() as stack:
        slow = opened(stack, sidecar, "/subscribe/flood")
        fast = opened(stack, sidecar, "/subscribe/flood")
        assert [slow.data(), fast.data()] == ["subscribe,flood,1"] * 2
        # Far more than is kept for anyone, kernel included.
        for number in range(500):
            publisher.publish("flood", f"{number},{message}")
            assert fast.data() == f"message,flood,{number},{message}"
        got = []
        while (line := slow.line()) != b"event: close\n":
            got.append(line)
        assert "reads too slowly" in slow.data()
        assert slow.line() == b""
        assert b"".join(got) == b"".join(f"data: message,flood,{number},{message}\n\n".encode() for number in range(len(got) // 2))
        publisher.publish("flood", "on")
        assert fast.data() == "message,flood,on"


def test_end_of_one_credential_ends_only_its_streams(sidecar: Sidecar, publisher: redis.Redis) -> None:
    with ExitStack() as stack:
        token = mint_token(sidecar, scope="admin", exp=int(time.time()) + 5)
        ends = stack.enter_context(EventStream(sidecar, "/subscribe/both", {"Authorization": f"Bearer {token}"}))
        stays = opened(stack, sidecar, "/subscribe/both")
        assert [ends.data(), stays.data()] == ["subscribe,both,1"] * 2
        assert publisher.publish("both", "x") == 1
        assert [ends.data(), stays.data()] == ["message,both,x"] * 2
        assert ends.line() == b"event: close\n"
        assert "expired" in ends.data()
        publisher.publish("both", "y")
        assert [ends.line(), stays.data()] == [b"", "message,both,y"]
