"""Clients that stop half-way, reset, or wait for `100 Continue`: no incomplete request is executed, and others are not affected."""

import random

import pytest

from tests.http_paths.conftest import Paths
from tests.http_paths.exchange import Conversation
from tests.http_paths.outcome import PROBE, contents, seed
from tests.http_paths.raw_requests import AUTH, BASE_PATH, GET, HOST, PIPELINE, SET, VALUE, chunked, lines

HALF_SENT = {"set": SET, "pipeline": PIPELINE, "chunked": chunked(b"/keys/new", VALUE)}
EXPECTING = lines(b"POST @BASE@/keys/new HTTP/1.1", HOST, AUTH, b"Expect: 100-continue", b"Content-Length: %d" % len(VALUE))
both = pytest.mark.parametrize("path", [0, 1], ids=["fast", "sanic"])


@both
@pytest.mark.parametrize("request_bytes", HALF_SENT.values(), ids=HALF_SENT.keys())
def test_request_cut_off_by_its_client_is_never_executed(paths: Paths, path: int, request_bytes: bytes) -> None:
    database = paths.redis.client()
    seed(database)
    before = contents(database)
    for sent in range(0, len(request_bytes), 7):
        conversation = Conversation(paths.origins[path])
        conversation.send(request_bytes[:sent])
        if sent % 2:
            conversation.reset()
        else:
            conversation.socket.close()
    with Conversation(paths.origins[path]) as conversation:
        conversation.send(PROBE)
        answer = conversation.read_answer()
    assert answer is not None
    assert answer.status == 200
    assert contents(database) == before


@both
def test_clients_that_reset_at_any_moment_leave_no_error_behind(paths: Paths, path: int) -> None:
    seed(paths.redis.client())
    chance = random.Random(5)  # noqa: S311 the same cuts each time, so that a failure can be repeated
    sidecar = (paths.fast, paths.sanic)[path]
    for _ in range(200):
        conversation = Conversation(sidecar.origin)
        conversation.send((GET * 3 + PIPELINE)[: chance.randrange(1, 900)])
        conversation.reset()
    with Conversation(sidecar.origin) as conversation:
        conversation.send(PROBE)
        answer = conversation.read_answer()
    assert answer is not None
    assert answer.status == 200
    assert [line for line in sidecar.logs() if line.get("level") in ("error", "critical")] == []


@both
def test_client_that_waits_for_100_continue_gets_it_and_then_its_answer(paths: Paths, path: int) -> None:
    seed(paths.redis.client())
    with Conversation(paths.origins[path]) as conversation:
        for _ in range(3):
            conversation.send(EXPECTING)
            assert conversation.wait_for_interim() == 100
            conversation.send(VALUE)
            answer = conversation.read_answer()
            assert answer is not None
            assert (answer.interim, answer.status) == ((100,), 200)
            conversation.send(GET)
            answer = conversation.read_answer()
            assert answer is not None
            assert answer.status == 200


@both
@pytest.mark.parametrize(
    ("head", "status"),
    [
        (EXPECTING.replace(b"Bearer ", b"Bearer x"), 401),
        (EXPECTING.replace(BASE_PATH.encode(), b"/nowhere"), 404),
        (EXPECTING.replace(b"Length: 14", b"Length: 140000"), 413),
    ],
    ids=["wrong key", "no such path", "too large"],
)
def test_client_that_waits_for_100_continue_is_refused_before_it_sends_the_body(paths: Paths, path: int, head: bytes, status: int) -> None:
    with Conversation(paths.origins[path]) as conversation:
        conversation.send(head)
        answer = conversation.read_answer()
        assert answer is not None
        assert (answer.interim, answer.status) == ((), status)


@both
def test_connection_that_alternates_between_fast_path_and_sanic_stays_in_step(paths: Paths, path: int) -> None:
    seed(paths.redis.client())
    with Conversation(paths.origins[path]) as conversation:
        for number in range(100):
            echo = b"GET " + BASE_PATH.encode() + b"/echo/%d HTTP/1.1\r\n" % number
            plain = lines(echo[:-2], HOST, AUTH)
            chunks = chunked(b"/keys/new", b'{"value": %d}' % number)
            conversation.send_apart([plain + chunks[:50], chunks[50:] + plain[:30], plain[30:] + plain * 2])
            answers = [conversation.read_answer() for _ in range(5)]
            results = [f'{{"result":"{number}"}}' if i != 1 else '{"status":"OK"}' for i in range(5)]
            assert [answer.body.decode().replace(" ", "") for answer in answers if answer] == results
