"""The comparison of the two paths means something only while there are two: the fast one shows in its speed."""

import time

import pytest

from tests.http_paths.conftest import Paths
from tests.http_paths.exchange import Conversation
from tests.http_paths.raw_requests import GET

pytestmark = pytest.mark.serial


def test_requests_on_the_fast_path_are_answered_faster_than_by_sanic(paths: Paths) -> None:
    paths.redis.client().set("seeded", "some value")
    with Conversation(paths.fast.origin) as fast, Conversation(paths.sanic.origin) as sanic:
        rounds = [(seconds_for_requests(fast), seconds_for_requests(sanic)) for _ in range(15)]
    # The best of interleaved rounds: whatever else the machine does, it does to both.
    assert min(fast for fast, _ in rounds) < 0.8 * min(sanic for _, sanic in rounds)


def seconds_for_requests(conversation: Conversation) -> float:
    """The time of a hundred requests, one after the other."""
    started = time.perf_counter()
    for _ in range(100):
        conversation.send(GET)
        assert conversation.socket.recv(65536).startswith(b"HTTP/1.1 200 ")
    return time.perf_counter() - started
