"""Connections without a valid credential: they cost little, they end in time, and they shut out nobody who has one."""

import resource
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress

import httpx
import pytest

from tests.faults.attacks import Target
from tests.faults.traffic import client_of, peak_memory
from tests.harness.redis_server import RedisServer
from tests.harness.sidecar import Sidecar
from tests.harness.waiting import wait_until
from tests.http_paths.exchange import Conversation

pytestmark = pytest.mark.slow

MIB = 1024 * 1024
CONNECTIONS = 2500
# With this memory limit a sidecar has room for so many connections.
MEMORY_BYTES = 256 * MIB
ROOM = 2048


@pytest.fixture(scope="module", autouse=True)
def many_files() -> Iterator[None]:
    """Room for thousands of sockets, here and in the sidecars that start from here."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(before[1], 16_384), before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.fixture(scope="module")
def sidecar(redis_server: RedisServer, start_sidecar: Callable[..., Sidecar]) -> Sidecar:
    """A sidecar that gives a head two seconds."""
    return start_sidecar(
        redis_server,
        KUBEREDIS_MEMORY_BYTES=str(MEMORY_BYTES),
        KUBEREDIS_REQUEST_TIMEOUT_SECONDS="2",
        KUBEREDIS_ACCESS_LOG="false",
    )


def flood(stack: ExitStack, target: Target, beginning: bytes, count: int) -> list[socket.socket]:
    """That many connections, each with a beginning sent."""
    connections = []
    for _ in range(count):
        connection = stack.enter_context(target.connect())
        connection.settimeout(1)
        with suppress(OSError):
            connection.sendall(beginning)
        connections.append(connection)
    return connections


def is_ended(connection: socket.socket) -> bool:
    """Whether the other end has closed; whatever it sent before is dropped."""
    connection.setblocking(False)
    try:
        while connection.recv(65536):
            pass
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


def none_is_open(connections: list[socket.socket]) -> bool:
    """Whether all have ended; those that have are removed."""
    while connections and is_ended(connections[-1]):
        connections.pop()
    return not connections


def statuses_during(sidecar: Sidecar, act: Callable[[], None]) -> set[int]:
    """The statuses that somebody with the key gets, on one connection and on new ones, while `act` goes on."""
    seen: set[int] = set()
    done = threading.Event()

    def ask() -> None:
        with client_of(sidecar) as kept:
            while not done.wait(0.02):
                seen.add(kept.get("/echo/kept").status_code)
                with client_of(sidecar) as new:
                    seen.add(new.get("/echo/new").status_code)

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        act()
    finally:
        done.set()
        thread.join()
    return seen


def beginning_of(sidecar: Sidecar, kind: str) -> bytes:
    """What a stranger sends of a request that never ends."""
    head = f"POST {sidecar.base_path}/set/a HTTP/1.1\r\nHost: a\r\n".encode()
    return {
        "most of a large head": head + b"X: " + b"x" * 59_000,
        "half a body": head + b"Content-Length: 200000\r\n\r\n" + b"x" * 100_000,
        "some chunks": head + b"Transfer-Encoding: chunked\r\n\r\n8000\r\n" + b"x" * 0x8000 + b"\r\n",
    }[kind]


@pytest.mark.parametrize("kind", ["most of a large head", "half a body", "some chunks"])
def test_half_a_request_of_thousands_of_strangers_costs_little_and_shuts_out_nobody(sidecar: Sidecar, kind: str) -> None:
    target = Target(sidecar.address, sidecar.base_path, "", threading.Event())
    with ExitStack() as stack, peak_memory(sidecar.pid) as growth:
        held: list[socket.socket] = []
        statuses = statuses_during(sidecar, lambda: held.extend(flood(stack, target, beginning_of(sidecar, kind), CONNECTIONS)))
        assert statuses == {200}
        # All of them end, the last ones when their time is over.
        wait_until(lambda: none_is_open(held), limit_seconds=20, what="the end of every connection")
        assert growth() < 64 * MIB
    with client_of(sidecar) as http:
        assert http.get("/echo/after").status_code == 200


def test_silent_strangers_make_room_for_who_has_a_credential(sidecar: Sidecar) -> None:
    target = Target(sidecar.address, sidecar.base_path, "", threading.Event())
    with ExitStack() as stack, client_of(sidecar) as kept:
        assert kept.get("/echo/before").status_code == 200
        held = flood(stack, target, b"", CONNECTIONS)
        wait_until(lambda: sum(map(is_ended, held)) >= CONNECTIONS - ROOM, what="the end of the connections that are too many")
        # Those that came first were closed, and the one that was used before them was not.
        assert all(map(is_ended, held[: CONNECTIONS - ROOM - 10]))
        assert kept.get("/echo/after").status_code == 200


def test_holder_of_most_connections_loses_the_silent_ones(sidecar: Sidecar) -> None:
    with ExitStack() as stack, client_of(sidecar) as neighbour:
        request = f"GET {sidecar.base_path}/echo/a HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {sidecar.api_key}\r\n\r\n".encode()
        crowd = [stack.enter_context(Conversation(sidecar.origin)) for _ in range(ROOM + 50)]
        for conversation in crowd:
            conversation.send(request)
        assert neighbour.get("/echo/a").status_code == 200
        wait_until(lambda: sum(is_ended(one.socket) for one in crowd) >= 50, what="the end of connections that are too many")


@pytest.mark.parametrize("length", [40_000, 9_000_000])
def test_half_a_body_with_a_credential_ends_in_time_with_408(sidecar: Sidecar, length: int) -> None:
    fields = f"Host: a\r\nAuthorization: Bearer {sidecar.api_key}\r\nContent-Length: {length}\r\n\r\n"
    with Conversation(sidecar.origin) as conversation:
        conversation.socket.settimeout(20)
        started = time.monotonic()
        conversation.send(f"POST {sidecar.base_path}/set/a HTTP/1.1\r\n{fields}".encode() + b"x" * 20_000)
        assert conversation.socket.recv(12) == b"HTTP/1.1 408"
    assert time.monotonic() - started < 15


def test_refusal_can_be_read_by_who_sends_on(sidecar: Sidecar) -> None:
    answer = httpx.post(f"{sidecar.url}/set/a", content=b"x" * (9 * MIB), headers={"Authorization": "Bearer wrong"}, timeout=20)
    assert answer.status_code == 401
    assert answer.headers["connection"] == "close"


def test_body_that_redis_would_close_the_connection_for_is_413(redis_server: RedisServer, start_sidecar: Callable[..., Sidecar]) -> None:
    database = redis_server.client()
    database.config_set("proto-max-bulk-len", MIB)
    try:
        sidecar = start_sidecar(redis_server)
        with client_of(sidecar) as http:
            assert http.post("/set/a", content=b"x" * MIB).status_code == 200
            assert http.post("/set/a", content=b"x" * (MIB + 1)).status_code == 413
            assert http.post("/pipeline", json=[["SET", "a", "x" * (MIB + 1)]]).status_code == 413
            assert "maximum allowed size" in http.post("/setrange/a/2000000/x").json()["error"]
    finally:
        database.config_set("proto-max-bulk-len", 512 * MIB)
