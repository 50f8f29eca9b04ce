"""Events on their way to several streams: once in memory, each client at its own pace, whoever is too slow is dropped alone."""

import asyncio
from collections.abc import Callable
from typing import cast

import pytest

from kuberedis_sidecar.memory import MemoryBudget
from kuberedis_sidecar.sse.backlog import Backlog
from kuberedis_sidecar.sse.delivery import MOST_BYTES, NO_MEMORY, PACE_BYTES, TOO_SLOW, Delivery
from kuberedis_sidecar.sse.event_stream import EventStream
from kuberedis_sidecar.sse.shared_subscription import SharedSubscription
from kuberedis_sidecar.telemetry.request_metrics import RequestMetrics

KIB = 1024


def event(size: int) -> bytes:
    """An event of so many bytes."""
    return b"data: %b\n\n" % (b"x" * (size - 8))


class Reader:
    """A client, whose `waiting_for_client` the test sets, and what was written to it."""

    def __init__(self) -> None:
        self.waiting_for_client = False
        self.written: list[bytes] = []

    def write_now(self, data: bytes) -> None:
        self.written.append(data)


class Subscribed:
    """A delivery with streams of one subscription, without Redis. `ended` has the reasons by stream."""

    def __init__(self, memory: int | None = None) -> None:
        self.budget = MemoryBudget(memory if memory is not None else 2**40, "owner")
        self.delivery = Delivery(Backlog(self.budget.open("owner")), RequestMetrics())
        self.take = self.delivery.take
        self.leave = self.delivery.leave
        self.remove = self.delivery.remove
        self.metrics = RequestMetrics()

    def flush(self) -> None:
        """Nothing waits for the end of a turn here."""

    def stream(self) -> tuple[EventStream, Reader]:
        """A live stream and its client."""
        stream, reader = EventStream("/subscribe", cast("SharedSubscription", self), lambda: None), Reader()
        self.delivery.begin(stream, b"")
        stream.client = reader
        assert self.take(stream) == b""
        return stream, reader

    def rest(self, stream: EventStream) -> bytes:
        """All that a stream takes, in pieces."""
        return b"".join(iter(lambda: self.take(stream), b""))


def run(test: Callable[[], None]) -> None:
    """Run in an event loop, in which streams are made."""

    async def main() -> None:
        test()

    asyncio.run(main())


@pytest.mark.parametrize(
    ("events", "until", "pieces"),
    [
        ([], None, []),
        ([10, 20], None, [30]),
        ([40 * KIB, 40 * KIB, 40 * KIB], None, [40 * KIB, 40 * KIB, 40 * KIB]),
        ([100 * KIB, 10, 10], None, [100 * KIB, 20]),
        ([30 * KIB] * 5, 90 * KIB, [60 * KIB, 30 * KIB]),
    ],
)
def test_pieces_of_a_backlog_are_whole_events(events: list[int], until: int | None, pieces: list[int]) -> None:
    backlog = Backlog(None)
    for size in events:
        assert backlog.append(event(size))
    position, got = 0, []
    while piece := backlog.read(position, backlog.end if until is None else until):
        assert piece.endswith(b"\n\n")
        got.append(len(piece))
        position += len(piece)
        backlog.forget(position)
    assert got == pieces


def test_backlog_is_paid_for_until_it_is_forgotten() -> None:
    budget = MemoryBudget(400 * KIB, "owner")
    backlog = Backlog(budget.open("owner"))
    assert backlog.append(event(116 * KIB))
    assert budget.used == 100 * KIB
    assert backlog.append(event(200 * KIB))
    assert not backlog.append(event(100))
    assert (budget.used, backlog.end) == (300 * KIB, 316 * KIB)
    backlog.forget(116 * KIB)
    assert budget.used == 184 * KIB
    backlog.forget(backlog.end)
    assert budget.used == 0


def test_live_streams_get_the_same_bytes_and_late_ones_catch_up() -> None:
    def test() -> None:
        subscribed = Subscribed()
        (_, fast), (slow, reader) = subscribed.stream(), subscribed.stream()
        subscribed.delivery.write(event(20))
        assert fast.written == reader.written == [b"14\r\n" + event(20) + b"\r\n"]
        assert fast.written[0] is reader.written[0]
        reader.waiting_for_client = True
        subscribed.delivery.write(event(30))
        subscribed.delivery.write(event(40))
        assert [len(fast.written), len(reader.written)] == [3, 1]
        assert subscribed.rest(slow) == event(30) + event(40)
        reader.waiting_for_client = False
        subscribed.delivery.write(event(20))
        assert [len(fast.written), len(reader.written)] == [4, 2]

    run(test)


def test_stream_that_ends_is_sent_what_was_kept_until_then() -> None:
    def test() -> None:
        subscribed = Subscribed()
        (ended, reader), (other, late) = subscribed.stream(), subscribed.stream()
        reader.waiting_for_client = late.waiting_for_client = True
        subscribed.delivery.write(event(20))
        ended.end("because")
        subscribed.delivery.write(event(30))
        assert subscribed.rest(ended) == event(20)
        assert subscribed.rest(other) == event(20) + event(30)
        assert subscribed.delivery.streams == [other]

    run(test)


@pytest.mark.parametrize(
    ("first", "then", "ends"),
    [
        (100, MOST_BYTES - 100, None),
        (100, MOST_BYTES - 99, TOO_SLOW),
        (2 * MOST_BYTES, None, None),
        (2 * MOST_BYTES, 10, TOO_SLOW),
    ],
)
def test_slow_stream_is_dropped_alone(first: int, then: int | None, ends: str | None) -> None:
    def test() -> None:
        subscribed = Subscribed()
        (slow, reader), (other, fast) = subscribed.stream(), subscribed.stream()
        reader.waiting_for_client = True
        for size in filter(None, (first, then)):
            subscribed.delivery.write(event(size))
        assert (slow.until is None) == (ends is None)
        assert slow.reason == (ends or "")
        assert len(fast.written) == (2 if then else 1)
        assert subscribed.delivery.streams == [other, slow] if ends is None else [other]
        if ends is not None:
            assert (subscribed.rest(slow), subscribed.budget.used) == (b"", 0)

    run(test)


def test_without_memory_the_slowest_are_dropped() -> None:
    def test() -> None:
        subscribed = Subscribed(memory=400 * KIB)
        (slowest, first), (slower, second), (_, fast) = subscribed.stream(), subscribed.stream(), subscribed.stream()
        first.waiting_for_client = True
        subscribed.delivery.write(event(200 * KIB))
        second.waiting_for_client = True
        subscribed.delivery.write(event(100 * KIB))
        assert [slowest.reason, slower.reason] == ["", ""]
        subscribed.delivery.write(event(100 * KIB))
        assert [slowest.reason, slower.reason] == [NO_MEMORY, ""]
        assert subscribed.rest(slower) == event(100 * KIB) * 2
        assert (len(fast.written), subscribed.budget.used) == (3, 0)
        subscribed.delivery.write(event(500 * KIB))
        assert slower.reason == NO_MEMORY

    run(test)


def test_nothing_more_is_asked_for_only_while_all_are_far_behind() -> None:
    def test() -> None:
        subscribed = Subscribed()
        (slow, first), (slower, second) = subscribed.stream(), subscribed.stream()
        second.waiting_for_client = True
        subscribed.delivery.write(event(PACE_BYTES))
        assert not subscribed.delivery.slow
        first.waiting_for_client = True
        subscribed.delivery.write(event(PACE_BYTES))
        assert subscribed.delivery.slow
        assert subscribed.rest(slow)
        assert not subscribed.delivery.slow
        subscribed.delivery.remove(slow)
        assert subscribed.delivery.slow
        subscribed.delivery.remove(slower)
        assert subscribed.budget.used == 0

    run(test)
