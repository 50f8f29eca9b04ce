"""Large bodies on the fast path: answered as Sanic answers them, whatever TCP makes of them, and their memory is given back."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from random import Random

import pytest

from tests.harness.redis_server import RedisServer
from tests.harness.sidecar import Sidecar
from tests.http_paths.conftest import Paths
from tests.http_paths.exchange import Answer, Conversation
from tests.http_paths.outcome import contents, seed
from tests.http_paths.raw_requests import GET, JSON, chunked, post

pytestmark = pytest.mark.slow

OCTETS = b"Content-Type: application/octet-stream"
SIZE = 60_000
TEXT = b"x" * SIZE
EMOJI = "😀".encode()


def value(string: bytes, rest: bytes = b"") -> bytes:
    """The body of a SET."""
    return b'{"value":"%b"%b}' % (string, rest)


REQUESTS = {
    "bytes": post(b"/set/new", bytes(range(256)) * 300),
    "bytes for a key": post(b"/keys/new", bytes(range(256)) * 300, OCTETS),
    "text": post(b"/keys/new", value(TEXT), JSON),
    "text after a space": post(b"/keys/new", b'{"value": "%b"}' % TEXT, JSON),
    "text with a lifetime": post(b"/keys/new", value(TEXT, b',"ttl_seconds":600'), JSON),
    "text with a lifetime in the query": post(b"/keys/new?ttl_seconds=600", value(TEXT), JSON),
    "text beyond ASCII": post(b"/keys/new", value("é漢".encode() * 15_000), JSON),
    "text with an emoji": post(b"/keys/new", value(TEXT + EMOJI), JSON),
    "text with escapes": post(b"/keys/new", value(rb"\n\"\\\u00e9" * 5000), JSON),
    "text with a pair of escapes": post(b"/keys/new", value(TEXT + rb"\ud83d\ude00"), JSON),
    "text with half of a pair": post(b"/keys/new", value(TEXT + rb"\ud83d"), JSON),
    "text with many halves of pairs": post(b"/keys/new", value(rb"\ud83d" * 2000 + TEXT), JSON),
    "text with a control character": post(b"/keys/new", value(TEXT + b"\n"), JSON),
    "text with a null byte": post(b"/keys/new", value(b"\0" + TEXT), JSON),
    "text that is not UTF-8": post(b"/keys/new", value(TEXT + b"\xff"), JSON),
    "text with a quote": post(b"/keys/new", value(b'a"' + TEXT), JSON),
    "text without an end": post(b"/keys/new", b'{"value":"' + TEXT, JSON),
    "text that only ends": post(b"/keys/new", b'{"value":' + b" " * SIZE + b'"}', JSON),
    "two values": post(b"/keys/new", value(TEXT, b',"value":"b"'), JSON),
    "JSON in a string": post(b"/keys/new", value(json.dumps(json.dumps([{"a": [1, "b"]}] * 3000)).encode()[1:-1]), JSON),
    "base64": post(b"/keys/new", value(b"AAAA" * 15_000, b',"encoding":"base64"'), JSON),
    "a byte order mark": post(b"/keys/new", b"\xef\xbb\xbf" + value(TEXT), JSON),
    "an unknown member": post(b"/keys/new", value(TEXT, b',"other":1'), JSON),
    "a number": post(b"/keys/new", b'{"value":%b}' % (b"1" * SIZE), JSON),
    "a field": post(b"/hashes/new", b'{"field":"f","value":"%b"}' % TEXT, JSON),
    "a command": post(b"/", b'["SET","new","%b"]' % TEXT, JSON),
    "a command with numbers": post(b"/", b'["RPUSH","new"' + b",1.50" * 9_000 + b"]", JSON),
    "a command with too many values for one turn": post(b"/", b'["RPUSH","new"' + b",1" * 30_000 + b"]", JSON),
    "a command with an object": post(b"/", b'["SET","new","%b",{}]' % TEXT, JSON),
    "a raw command": post(b"/raw-command", b'{"command":"SET","args":["new","%b"]}' % TEXT, JSON),
    "a pipeline": post(b"/pipeline", json.dumps([["SET", "new", "x" * 2000], ["GET", "new"]] * 25).encode(), JSON),
    "a pipeline with an object": post(b"/pipeline", json.dumps([["SET", "new", "x" * SIZE], ["GET", {}]]).encode(), JSON),
    "a transaction": post(b"/multi-exec", json.dumps([["SET", "new", "x" * 2000]] * 30).encode(), JSON),
    "an array": post(b"/keys/new", b"[" + b"[]," * 20_000 + b"1]", JSON),
    "nesting": post(b"/", b"[" * 30_000 + b"]" * 30_000, JSON),
    "no such route": post(b"/keys/a/b", TEXT),
    "chunks": chunked(b"/set/new", TEXT, TEXT[:1000]),
}


@pytest.mark.parametrize("request_bytes", REQUESTS.values(), ids=REQUESTS.keys())
def test_large_body_is_answered_alike_on_both_paths_however_it_comes(paths: Paths, request_bytes: bytes) -> None:
    database = paths.redis.client()
    chance = Random(3)  # noqa: S311 the same cuts each time, so that a failure can be repeated
    cuts = [(), (len(request_bytes) - 1,), *(tuple(sorted(chance.sample(range(1, len(request_bytes)), count))) for count in (1, 1, 2, 5))]
    told = []
    for origin in paths.origins:
        for cut in cuts:
            seed(database)
            told.append((answers(origin, request_bytes, cut), contents(database)))
    assert told == [told[0]] * len(told)
    assert told[0][0][0] is not None


def answers(origin: str, request_bytes: bytes, cut: tuple[int, ...]) -> list[Answer | None]:
    """What is answered to a request that is cut, and to one that is sent with its end."""
    ends = [*cut, len(request_bytes)]
    pieces = [request_bytes[start:end] for start, end in zip([0, *cut], ends, strict=True)]
    with Conversation(origin) as conversation:
        conversation.send_apart(pieces[:-1])
        conversation.send(pieces[-1] + GET)
        first = conversation.read_answer()
        return [first, None if first is None or first.header("connection") == "close" else conversation.read_answer()]


@pytest.fixture(scope="module")
def small(redis_server: RedisServer, start_sidecar: Callable[..., Sidecar]) -> Callable[[str], Sidecar]:
    """Starts a sidecar with the least memory that one may have: large bodies, if nothing of them is given back, soon take all of it."""

    @cache
    def start(timeout_seconds: str) -> Sidecar:
        environment = {"KUBEREDIS_MEMORY_BYTES": str(128 * 2**20), "KUBEREDIS_REQUEST_TIMEOUT_SECONDS": timeout_seconds}
        return start_sidecar(redis_server, **environment)

    return start


@pytest.fixture
def has_memory(request: pytest.FixtureRequest, small: Callable[[str], Sidecar], redis_server: RedisServer) -> Iterator[Sidecar]:
    """The sidecar, which serves a large body after the test."""
    sidecar = small(getattr(request, "param", "10"))
    yield sidecar
    body = b"x" * 2**20
    with Conversation(sidecar.origin) as conversation:
        conversation.send(of(sidecar, b"/set/after", body))
        answer = conversation.read_answer()
    assert answer is not None
    assert answer.status == 200
    assert redis_server.client().get("after") == body


def of(sidecar: Sidecar, path: bytes, body: bytes) -> bytes:
    """A request for that sidecar."""
    head = f"POST {sidecar.base_path}{path.decode()} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {sidecar.api_key}\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (b"/pipeline", json.dumps([["SET", "a", "x" * 45_000], ["GET", {}]]).encode()),
        (b"/pipeline", json.dumps([["SET", "a", "x" * 450_000], ["GET", {}]]).encode()),
        (b"/keys/a", b'{"value":"%b' % (b"x" * 500_000)),
        (b"/keys/a/b", b"x" * 500_000),
        (b"/", b'["SET","a","%b"' % (b"x" * 500_000) + b",1" * 20_000 + b"]"),
    ],
    ids=["pipeline", "large pipeline", "not JSON", "no such route", "many values"],
)
def test_memory_of_a_body_that_is_refused_is_given_back(has_memory: Sidecar, path: bytes, body: bytes) -> None:
    with Conversation(has_memory.origin) as conversation:
        for _ in range(200):
            conversation.send(of(has_memory, path, body))
            answer = conversation.read_answer()
            assert answer is not None
            assert answer.status in (400, 404) or b'"error":"ERR unsupported arg type' in answer.body


@pytest.mark.parametrize("sent", [0.1, 0.9])
def test_memory_of_a_body_that_does_not_come_whole_is_given_back(has_memory: Sidecar, sent: float) -> None:
    request = of(has_memory, b"/set/a", b"x" * 2**20)
    for count in range(60):
        with Conversation(has_memory.origin) as conversation:
            conversation.send_apart([request[: int(len(request) * sent)]])
            if count % 2:
                conversation.reset()


@pytest.mark.parametrize("has_memory", ["1"], indirect=True, ids=["a second"])
def test_body_that_comes_slowly_goes_on_elsewhere_and_its_memory_is_given_back(has_memory: Sidecar, redis_server: RedisServer) -> None:
    request = of(has_memory, b"/set/slow", b"x" * 2**20)
    step = len(request) // 8

    def send(_: int) -> int:
        with Conversation(has_memory.origin) as conversation:
            for start in range(0, len(request), step):
                conversation.send(request[start : start + step])
                # Longer than the fast path waits for a body, all together.
                assert start + step >= len(request) or conversation.is_quiet(0.3)
            answer = conversation.read_answer()
            return 0 if answer is None else answer.status

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(send, range(8))) == {200}
    assert redis_server.client().strlen("slow") == 2**20


def test_many_at_once_are_all_served(has_memory: Sidecar, redis_server: RedisServer) -> None:
    bodies = {f"at-once-{number}": value(b"%d" % (number % 10) * 10**6) for number in range(24)}

    def send(key: str) -> int:
        with Conversation(has_memory.origin) as conversation:
            for _ in range(3):
                conversation.send(of(has_memory, b"/keys/" + key.encode(), bodies[key]))
                answer = conversation.read_answer()
            return 0 if answer is None else answer.status

    with ThreadPoolExecutor(12) as pool:
        assert set(pool.map(send, bodies)) == {200}
    database = redis_server.client()
    assert {key: value(stored) for key in bodies if isinstance(stored := database.get(key), bytes)} == bodies
    database.delete(*bodies)
