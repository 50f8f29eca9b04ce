"""A request is the same request however TCP cuts it: at every byte, byte by byte, and pipelined in any pieces."""

from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.http_paths.conftest import Paths
from tests.http_paths.exchange import Answer, Conversation
from tests.http_paths.outcome import seed
from tests.http_paths.raw_requests import COMMAND, GET, PIPELINE, SET, VALUE, chunked, get, post

pytestmark = pytest.mark.slow

# All of these leave the database as the next one wants it, so each answer is the same at any time.
REQUESTS = {
    "get": GET,
    "missing key": get(b"/keys/missing"),
    "set": SET,
    "command in the body": COMMAND,
    "command in the path": get(b"/get/seeded"),
    "pipeline": PIPELINE,
    "chunked": chunked(b"/keys/new", VALUE[:5], VALUE[5:]),
    "bytes": post(b"/set/new", b"\r\n\r\nGET / HTTP/1.1\r\n\r\n"),
    "wrong key": GET.replace(b"Bearer ", b"Bearer x"),
}
BATCHES = {
    **{name: (request,) for name, request in REQUESTS.items()},
    "two at once": (GET, SET),
    "plain and chunked at once": (COMMAND, REQUESTS["chunked"], GET),
}


@pytest.mark.parametrize("batch", BATCHES.values(), ids=BATCHES.keys())
@pytest.mark.parametrize("path", [0, 1], ids=["fast", "sanic"])
def test_request_cut_in_two_at_every_byte_is_answered_as_whole(paths: Paths, path: int, batch: tuple[bytes, ...]) -> None:
    seed(paths.redis.client())
    data = b"".join(batch)
    with Conversation(paths.origins[path]) as conversation:
        whole = send_request(conversation, [data], len(batch))
        for cut in range(1, len(data)):
            assert send_request(conversation, [data[:cut], data[cut:]], len(batch)) == whole, data[:cut]


@pytest.mark.parametrize("batch", BATCHES.values(), ids=BATCHES.keys())
@pytest.mark.parametrize("path", [0, 1], ids=["fast", "sanic"])
def test_request_sent_byte_by_byte_is_answered_as_whole(paths: Paths, path: int, batch: tuple[bytes, ...]) -> None:
    seed(paths.redis.client())
    data = b"".join(batch)
    with Conversation(paths.origins[path]) as conversation:
        whole = send_request(conversation, [data], len(batch))
        assert send_request(conversation, [data[i : i + 1] for i in range(len(data))], len(batch)) == whole


@given(names=st.lists(st.sampled_from(sorted(REQUESTS)), min_size=1, max_size=8), random=st.randoms())
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_pipelined_requests_in_any_pieces_are_each_answered_in_order(paths: Paths, names: list[str], random) -> None:  # type: ignore[no-untyped-def]
    seed(paths.redis.client())
    data = b"".join(REQUESTS[name] for name in names)
    cuts = sorted({0, len(data), *(random.randrange(len(data)) for _ in range(random.randrange(6)))})
    pieces = [data[start:end] for start, end in pairwise(cuts)]
    for origin in paths.origins:
        with Conversation(origin) as conversation:
            alone = [send_request(conversation, [REQUESTS[name]], 1)[0] for name in names]
            assert send_request(conversation, pieces, len(names)) == alone


def send_request(conversation: Conversation, pieces: list[bytes], answers: int) -> list[Answer | None]:
    """Send the pieces apart from one another and read that many answers."""
    conversation.send_apart(pieces[:-1])
    conversation.send(pieces[-1])
    return [conversation.read_answer() for _ in range(answers)]
