"""Replies from bytes, however they are cut, whatever is in them, and however large they are."""

import random
from collections.abc import Iterator
from typing import Any

import pytest

from kuberedis_sidecar.errors import AnswerTooLarge, ErrorReply, TooManyRequests, UnreadableReply
from kuberedis_sidecar.memory import MemoryBudget
from kuberedis_sidecar.redis.batch import Batch, Charged
from kuberedis_sidecar.redis.replies import MAX_NESTING, BulkOk
from kuberedis_sidecar.redis.reply_stream import ReplyStream

_STREAM = b"+OK\r\n$2\r\nOK\r\n:7\r\n$-1\r\n*2\r\n$2\r\nOK\r\n+OK\r\n*0\r\n*-1\r\n-ERR x\r\n$0\r\n\r\n+PONG\r\n"
_REPLIES: list[Any] = [b"OK", BulkOk(b"OK"), 7, None, [BulkOk(b"OK"), b"OK"], [], None, ErrorReply("ERR x"), b"", b"PONG"]
_MIB = 1024 * 1024


class Results:
    """The results of the batches of a stream."""

    def __init__(self, *batches: tuple[int, bool], memory: int = 64 * _MIB) -> None:
        self.found: list[Any] = []
        self.budget = MemoryBudget(memory, "owner")
        self.stream = ReplyStream(self._finish)
        self.stream.reserve = lambda: self.budget.open("grant")
        self.stream.on_push = lambda reply: self.found.append(("push", reply))
        for count, raw in batches:
            self.stream.add(Batch(count, self.found.append, 0, raw))

    def _finish(self, batch: Batch, result: Any) -> None:
        on_result, batch.on_result = batch.on_result, None
        if on_result is not None:
            on_result(batch.result(result))

    def feed(self, pieces: Iterator[bytes] | list[bytes]) -> "Results":
        """Read pieces, each to its end."""
        for piece in pieces:
            while piece:
                piece = self.stream.feed(piece)  # noqa: PLW2901
        return self


def bulk(value: bytes) -> bytes:
    """A value as a bulk string."""
    return b"$%d\r\n%b\r\n" % (len(value), value)


def cut(data: bytes, size: int) -> list[bytes]:
    """Data in pieces of a size."""
    return [data[start : start + size] for start in range(0, len(data), size)]


def comparable(reply: Any) -> Any:
    """A reply that equals another with the same text and kind."""
    if isinstance(reply, list):
        return [comparable(element) for element in reply]
    return str(reply) if isinstance(reply, ErrorReply) else (type(reply) is BulkOk, reply)


@pytest.mark.parametrize("size", range(1, len(_STREAM) + 1))
@pytest.mark.parametrize("counts", [[10], [1] * 10, [3, 4, 3]])
def test_replies_are_the_same_however_the_bytes_are_cut(size: int, counts: list[int]) -> None:
    results = Results(*((count, False) for count in counts)).feed(cut(_STREAM, size))
    assert [len(replies) for replies in results.found] == counts
    assert comparable([reply for replies in results.found for reply in replies]) == comparable(_REPLIES)


@pytest.mark.parametrize("size", range(1, len(_STREAM) + 1))
@pytest.mark.parametrize("raw", [{0}, {2}, {0, 1, 2}, {1}])
def test_bytes_of_replies_are_those_that_came(size: int, raw: set[int]) -> None:
    counts = [3, 4, 3]
    results = Results(*((count, index in raw) for index, count in enumerate(counts))).feed(cut(_STREAM, size))
    whole = Results((10, True)).feed([_STREAM]).found[0]
    assert b"".join(whole) == _STREAM
    start = 0
    for index, count in enumerate(counts):
        expected = whole[start : start + count] if index in raw else comparable(_REPLIES[start : start + count])
        assert (results.found[index] if index in raw else comparable(results.found[index])) == expected
        start += count


def test_replies_without_a_command_are_pushes() -> None:
    large = b"x" * 300_000
    results = Results((1, False)).feed(cut(b":1\r\n" + bulk(b"a") + bulk(large) + bulk(b"OK"), 1000))
    assert results.found == [[1], ("push", b"a"), ("push", large), ("push", b"OK")]
    assert results.budget.used == 0


def test_random_replies_are_the_same_however_the_bytes_are_cut() -> None:
    generator = random.Random(7)  # noqa: S311 no secret
    for _ in range(150):
        encoded = [random_reply(generator, 3) for _ in range(generator.randint(1, 30))]
        data = b"".join(encoded)
        by_byte = comparable(Results((len(encoded), False)).feed(cut(data, 1)).found)
        whole = comparable(Results((len(encoded), False)).feed([data]).found)
        pieces = []
        start = 0
        while start < len(data):
            pieces.append(data[start : start + generator.choice((1, 3, 50, 5000, 100_000, 200_000))])
            start += len(pieces[-1])
        some = comparable(Results((len(encoded), False)).feed(pieces).found)
        assert some == whole == by_byte
        assert Results((len(encoded), True)).feed(pieces).found == [encoded]


def random_reply(generator: random.Random, nesting: int) -> bytes:
    """The bytes of a reply."""
    kind = generator.choice("$$$$:+-*" if nesting else "$$$:+-")
    if kind == "*":
        elements = [random_reply(generator, nesting - 1) for _ in range(generator.choice((0, 1, 2, 5)))]
        return b"*%d\r\n%b" % (len(elements), b"".join(elements))
    if kind == "$":
        size = generator.choice((0, 2, 2, 10, 70, 300))
        return bulk(generator.choice((b"OK", b"\n" * size, b"+OK\r\n$2\r\nOK\r\n", b"x" * size)))
    return generator.choice((b"+OK\r\n", b"+QUEUED\r\n", b":%d\r\n" % generator.randint(-9, 10**9), b"-ERR x\r\n", b"$-1\r\n", b"*-1\r\n"))


@pytest.mark.parametrize("value", [b"\n" * _MIB, b"\r\n" * _MIB, b"$2\r\nOK\r\n" * 100_000, b"*1\r\n" * 100_000, b"x" * 3 * _MIB])
@pytest.mark.parametrize("size", [1000, 65_536, 262_144, 10 * _MIB])
@pytest.mark.parametrize("raw", [False, True])
def test_large_value_is_not_read_for_what_is_in_it(value: bytes, size: int, raw: bool) -> None:
    results = Results((1, raw), (1, False)).feed(cut(bulk(value) + b"+OK\r\n", size))
    assert results.found == [[bulk(value) if raw else value], [b"OK"]]
    array = b"*3\r\n:1\r\n" + bulk(value) + b"+OK\r\n"
    assert Results((1, raw)).feed(cut(array, size)).found == [[array if raw else [1, value, b"OK"]]]


@pytest.mark.parametrize("levels", [MAX_NESTING + 1, 2000, 100_000])
@pytest.mark.parametrize("size", [100, 65_536, 262_144])
def test_reply_that_cannot_be_read_fails_alone(levels: int, size: int) -> None:
    data = b":1\r\n" + b"*1\r\n" * levels + b":1\r\n" + b":2\r\n" + bulk(b"OK")
    results = Results((1, False), (2, False), (1, False)).feed(cut(data, size))
    [[first], [deep, second], [last]] = results.found
    assert (first, second, last) == (1, 2, BulkOk(b"OK"))
    if levels > 1024:
        assert isinstance(deep, ErrorReply)
        assert "64 levels" in str(deep)


@pytest.mark.parametrize("size", [1000, 100_000, 3 * _MIB])
def test_endless_line_fails_alone(size: int) -> None:
    data = b"*1\r\n-" + b"x" * 2 * _MIB + b"\r\n:2\r\n"
    [[broken], [second]] = Results((1, False), (1, False)).feed(cut(data, size)).found
    assert second == 2
    assert isinstance(broken, ErrorReply) or size > _MIB


@pytest.mark.parametrize("data", [b"hello\r\n", b"$abc\r\n", b"$2\r\nOK\r\n*x\r\n", b"\n" * 100])
def test_bytes_that_are_no_reply_are_refused(data: bytes) -> None:
    with pytest.raises(UnreadableReply):
        Results((3, False)).feed([data])


def test_long_replies_are_paid_for_until_they_are_released() -> None:
    value = b"x" * _MIB
    results = Results((2, False), memory=4 * _MIB)
    results.feed(cut(bulk(value), 100_000))
    assert results.budget.used >= _MIB
    results.feed([b":1\r\n"])
    [replies] = results.found
    assert isinstance(replies, Charged)
    assert replies == [value, 1]
    replies.reservation.release()
    assert results.budget.used == 0


@pytest.mark.parametrize("raw", [False, True])
@pytest.mark.parametrize(
    ("reply", "count"),
    [
        (bulk(b"x" * 3 * _MIB), 1),
        (bulk(b"x" * 100_000), 40),
        (b"*30000\r\n" + b":1\r\n" * 30_000, 3),
        (b"*100000\r\n" + b"*0\r\n" * 100_000, 1),
        (b"*10\r\n" + bulk(b"x" * 300_000) * 10, 1),
    ],
)
@pytest.mark.parametrize("size", [1000, 60_000, 262_144])
def test_what_never_fits_is_dropped_and_costs_nobody_else(reply: bytes, count: int, raw: bool, size: int) -> None:
    results = Results((count, raw), (1, False), memory=4 * _MIB)
    most = 0
    for piece in cut(reply * count + bulk(b"OK"), size):
        results.feed([piece])
        most = max(most, results.budget.used)
    refused, neighbour = results.found
    assert type(refused) is AnswerTooLarge
    assert neighbour == [b"OK"]
    assert most <= 2 * _MIB
    assert results.budget.used == 0


def test_what_does_not_fit_now_is_too_many() -> None:
    results = Results((1, False), (1, False), memory=4 * _MIB)
    results.budget.open("grant").grow(_MIB)
    results.feed(cut(bulk(b"x" * (_MIB + 1)) + b":1\r\n", 100_000))
    assert [type(result) for result in results.found] == [TooManyRequests, list]


def test_replies_that_nobody_waits_for_any_more_take_no_memory() -> None:
    results = Results((2, False), (1, False))
    results.stream.pending[0].on_result = None
    for piece in cut(bulk(b"x" * 5 * _MIB) * 2, 100_000):
        results.feed([piece])
        assert results.budget.used <= 200_000
    assert results.feed([b":1\r\n"]).found == [[1]]


def test_a_push_that_never_ends_is_not_paid_for_after_the_connection() -> None:
    results = Results().feed(cut(bulk(b"x" * _MIB)[:-10], 100_000))
    assert results.budget.used >= _MIB
    results.stream.close()
    assert results.budget.used == 0
