"""Clients that dribble, do not read, or just sit there: bounded memory, bounded time, and others are served."""

import resource
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
import redis

from kuberedis_operator.resources.pod import GIVE_BACK_MEMORY
from tests.faults.traffic import client_of, echo, peak_memory, traffic
from tests.harness.redis_server import RedisServer
from tests.harness.sidecar import Sidecar
from tests.harness.waiting import wait_until
from tests.http_paths.exchange import Conversation

pytestmark = pytest.mark.slow

MIB = 1024 * 1024
IDLE_CONNECTIONS = 2000


@pytest.fixture(scope="module", autouse=True)
def many_files() -> Iterator[None]:
    """Room for thousands of sockets, here and in the sidecars that start from here."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(before[1], 8192), before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.fixture(scope="module", params=["true", "false"], ids=["fast", "sanic"])
def impatient(request: pytest.FixtureRequest, redis_server: RedisServer, start_sidecar: Callable[..., Sidecar]) -> Sidecar:
    """A sidecar that gives a request a second, and gives memory back as in a pod."""
    environment = {"KUBEREDIS_REQUEST_TIMEOUT_SECONDS": "1", "KUBEREDIS_FAST_PATH": request.param, **GIVE_BACK_MEMORY}
    return start_sidecar(redis_server, **environment)


@pytest.fixture
def database(redis_server: RedisServer) -> redis.Redis:
    """Redis with a value of a mebibyte."""
    database = redis_server.client()
    database.flushall()
    database.set("large", b"x" * MIB)
    return database


def request_for(sidecar: Sidecar, path: str) -> bytes:
    """A GET below the base path, with the instance key."""
    base = sidecar.url.removeprefix(sidecar.origin)
    return f"GET {base}{path} HTTP/1.1\r\nHost: cache.test\r\nAuthorization: Bearer {sidecar.api_key}\r\n\r\n".encode()


@pytest.mark.usefixtures("database")
def test_client_that_does_not_read_its_answers_costs_bounded_memory(impatient: Sidecar) -> None:
    count = 300
    with Conversation(impatient.origin) as conversation, peak_memory(impatient.pid) as growth:
        conversation.send(request_for(impatient, "/keys/large") * count)
        with traffic(impatient, echo, clients=2) as result:
            result.wait_for(300)
        assert {one.status for one in result.seen} == {200}
        assert result.slowest() < 1
        assert growth() < 48 * MIB
        for _ in range(count):
            answer = conversation.read_answer()
            if answer is None:
                break  # A sidecar may also close on a client that did not read in time.
            assert answer.status == 200
            assert len(answer.body) > MIB
        assert growth() < 48 * MIB


@pytest.mark.usefixtures("database")
def test_many_clients_that_do_not_read_do_not_disturb_others(impatient: Sidecar) -> None:
    with ExitStack() as stuck, peak_memory(impatient.pid) as growth:
        for _ in range(30):
            conversation = stuck.enter_context(Conversation(impatient.origin))
            conversation.send(request_for(impatient, "/keys/large") * 3)
        with traffic(impatient, echo, clients=2) as result:
            result.wait_for(300)
        assert {one.status for one in result.seen} == {200}
        # One answer each, as JSON, in the transport's buffer, and what it was made from.
        assert growth() < 30 * 3 * MIB
    with client_of(impatient) as http:
        assert http.get("/echo/after").status_code == 200


def test_subscriber_that_does_not_read_costs_bounded_memory(impatient: Sidecar, database: redis.Redis) -> None:
    base = impatient.url.removeprefix(impatient.origin)
    head = f"POST {base}/subscribe/flood HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {impatient.api_key}\r\n"
    with Conversation(impatient.origin) as conversation, peak_memory(impatient.pid) as growth:
        conversation.send(f"{head}Content-Length: 0\r\n\r\n".encode())
        wait_until(lambda: database.pubsub_numsub("flood") == [(b"flood", 1)])
        payload = b"x" * 256 * 1024
        for _ in range(400):
            database.publish("flood", payload)
        with traffic(impatient, echo, clients=1) as result:
            result.wait_for(100)
        assert {one.status for one in result.seen} == {200}
        assert growth() < 48 * MIB
    wait_until(lambda: database.pubsub_numsub("flood") == [(b"flood", 0)])


def test_bodies_without_a_credential_are_refused_before_memory_is_spent(impatient: Sidecar) -> None:
    base = impatient.url.removeprefix(impatient.origin)
    head = f"POST {base}/set/a HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer wrong\r\nContent-Length: {9 * MIB}\r\n\r\n"
    with ExitStack() as connections, peak_memory(impatient.pid) as growth:
        for _ in range(20):
            conversation = connections.enter_context(Conversation(impatient.origin))
            # All but the last byte: the sidecar would have to keep it all.
            conversation.send(head.encode() + b"x" * (9 * MIB - 1))
        with client_of(impatient) as http:
            assert http.get("/echo/hello").status_code == 200
        assert growth() < 48 * MIB


def test_requests_that_arrive_too_slowly_are_ended_and_others_are_served(impatient: Sidecar) -> None:
    request = request_for(impatient, "/keys/large")
    post = request.replace(b"GET", b"POST").removesuffix(b"\r\n")
    # What is sent at first, and what follows again and again.
    dribbles = [
        (b"", b"G"),
        (request.removesuffix(b"\r\n"), b"X: y\r\n"),
        (post + b"Content-Length: 100000\r\n\r\n", b" "),
        (post + b"Content-Length: 40000\r\n\r\n", b" "),
        (post + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    ]
    with ExitStack() as connections, traffic(impatient, echo, clients=1, pause=0.01) as result:
        started = time.monotonic()
        slow = [(connections.enter_context(Conversation(impatient.origin)), *dribble) for dribble in dribbles * 6]
        for conversation, beginning, _ in slow:
            conversation.send(beginning)
        while slow:
            assert time.monotonic() - started < 15, f"still open: {[beginning[-60:] + drop for _, beginning, drop in slow]}"
            for conversation, _, drop in slow:
                conversation.send(drop)
            slow = [one for one in slow if one[0].is_quiet(0.01)]
    assert time.monotonic() - started > 0.5
    assert {one.status for one in result.seen} == {200}
    assert result.slowest() < 1


@pytest.mark.usefixtures("database")
def test_two_thousand_idle_connections_leave_room_for_traffic(impatient: Sidecar) -> None:
    with ExitStack() as idle, peak_memory(impatient.pid) as growth:
        conversations = [idle.enter_context(Conversation(impatient.origin)) for _ in range(IDLE_CONNECTIONS)]
        # Half of them have made a request, half never sent a byte.
        for conversation in conversations[::2]:
            conversation.send(request_for(impatient, "/echo/hello"))
        statuses = [answer.status for conversation in conversations[::2] if (answer := conversation.read_answer())]
        assert statuses == [200] * (IDLE_CONNECTIONS // 2)
        with traffic(impatient, echo, clients=4) as result:
            result.wait_for(500)
        assert {one.status for one in result.seen} == {200}
        assert result.slowest() < 1
        assert growth() < 64 * MIB
    with client_of(impatient) as http:
        assert http.get("/echo/after").status_code == 200
