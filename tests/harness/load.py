"""Requests without a pause beside what a test does, and the statuses of their responses."""

import threading
from collections import Counter
from collections.abc import Generator, Iterator
from contextlib import contextmanager

from tests.harness.waiting import wait_until

Requests = Generator[int, None, None]
"""Sends one request after the other, without an end, and yields the status of each response."""


@contextmanager
def load(*clients: Requests) -> Iterator[Counter[int]]:
    """Have each of `clients` send its requests in a thread of its own; yields the statuses of all responses so far."""
    statuses: Counter[int] = Counter()
    stop = threading.Event()

    def send(client: Requests) -> None:
        for status in client:
            statuses[status] += 1
            if stop.is_set():
                client.close()

    threads = [threading.Thread(target=send, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    try:
        yield statuses
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def wait_for_requests(statuses: Counter[int], more: int, *, limit_seconds: float = 20) -> None:
    """Wait until there are `more` responses than now."""
    wanted = statuses.total() + more
    wait_until(lambda: statuses.total() >= wanted, limit_seconds=limit_seconds, what="more requests")
