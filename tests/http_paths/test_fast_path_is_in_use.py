"""The comparison of the two paths means something only while there are two: the fast one shows in its speed."""

import time
from collections.abc import Callable

import pytest

from tests.harness.sidecar import Sidecar
from tests.http_paths import raw_requests
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


def test_requests_that_are_not_traced_stay_on_the_fast_path(paths: Paths, start_sidecar: Callable[..., Sidecar]) -> None:
    paths.redis.client().set("seeded", "some value")
    tracing = start_sidecar(
        paths.redis,
        KUBEREDIS_INSTANCE=raw_requests.INSTANCE,
        KUBEREDIS_BASE_PATH=raw_requests.BASE_PATH,
        KUBEREDIS_AUTH_DIR=str(paths.auth_dir),
        OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:1",
        OTEL_TRACES_SAMPLER="parentbased_traceidratio",
        OTEL_TRACES_SAMPLER_ARG="0",
    )
    with Conversation(tracing.origin) as traced, Conversation(paths.sanic.origin) as sanic:
        rounds = [(seconds_for_requests(traced), seconds_for_requests(sanic)) for _ in range(15)]
    assert min(traced for traced, _ in rounds) < 0.8 * min(sanic for _, sanic in rounds)


def seconds_for_requests(conversation: Conversation) -> float:
    """The time of a hundred requests, one after the other."""
    started = time.perf_counter()
    for _ in range(100):
        conversation.send(GET)
        assert conversation.socket.recv(65536).startswith(b"HTTP/1.1 200 ")
    return time.perf_counter() - started
