"""One client requests a hundred megabytes and gets them, and others hardly notice."""

from collections.abc import Callable

import pytest
import redis

from tests.faults.traffic import echo, traffic
from tests.harness.redis_server import RedisServer
from tests.harness.sidecar import Sidecar
from tests.http_paths.exchange import Conversation

pytestmark = pytest.mark.serial

SIZE = 100_000_000
RECEIVED_AT_ONCE = 1 << 20


@pytest.fixture(scope="module")
def database(redis_server: RedisServer) -> redis.Redis:
    """Redis with a hundred megabytes of text, of bytes and of list elements."""
    database = redis_server.client()
    database.flushall()
    database.set("text", b"x" * SIZE)
    database.set("quotes", b'"\n' * (SIZE // 2))
    database.set("bytes", b"\xff" * SIZE)
    with database.pipeline(transaction=False) as batch:
        for _ in range(100):
            batch.rpush("list", *[b"x" * 1000] * 1000)
        batch.execute()
    return database


@pytest.fixture(scope="module", params=["true", "false"], ids=["fast", "sanic"])
def served(
    request: pytest.FixtureRequest,
    redis_server: RedisServer,
    start_sidecar: Callable[..., Sidecar],
) -> Sidecar:
    """A sidecar with patience for large answers."""
    return start_sidecar(redis_server, KUBEREDIS_REQUEST_TIMEOUT_SECONDS="60", KUBEREDIS_FAST_PATH=request.param)


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(
    ("path", "accept", "length"),
    [
        ("/keys/text", "application/json", SIZE + len('{"key":"text","value":""}')),
        ("/keys/quotes", "application/json", 2 * SIZE + len('{"key":"quotes","value":""}')),
        ("/keys/bytes", "application/json", 4 * SIZE // 3),
        ("/keys/bytes", "application/octet-stream", SIZE),
        ("/get/text", "application/json", SIZE + len('{"result":""}')),
        ("/lrange/list/0/-1", "application/json", SIZE + len('{"result":[]}')),
    ],
)
def test_hundred_megabytes_for_one_client_leave_others_quick(served: Sidecar, path: str, accept: str, length: int) -> None:
    base = served.url.removeprefix(served.origin)
    head = f"GET {base}{path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {served.api_key}\r\nAccept: {accept}\r\n"
    with traffic(served, echo, clients=2, pause=0.002) as result:
        result.wait_for(50)
        with Conversation(served.origin) as conversation:
            conversation.socket.settimeout(60)
            conversation.send(f"{head}Connection: close\r\n\r\n".encode())
            received = count_until_end(conversation)
        result.wait_for(50)
    assert length <= received <= length * 1.1 + 1000
    assert {one.status for one in result.seen} == {200}
    assert result.slowest() < 1


def count_until_end(conversation: Conversation) -> int:
    """Receive until the server closes, keeping nothing."""
    buffer = bytearray(RECEIVED_AT_ONCE)
    total = 0
    while count := conversation.socket.recv_into(buffer):
        if not total:
            assert buffer.startswith(b"HTTP/1.1 200 ")
        total += count
    return total
