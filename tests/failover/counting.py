"""Clients of all sidecars that count: what they were told is compared with what was counted."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise

import httpx

from tests.failover.conftest import Instance
from tests.faults.traffic import client_of
from tests.harness.sidecar import Sidecar
from tests.harness.waiting import wait_until

_PAUSE_SECONDS = 0.002


@dataclass(frozen=True)
class Request:
    """One request: when it ended, how long it took, by how much it raises a counter, and its response."""

    counter: str
    ended: float
    seconds: float
    raises: int
    status: int
    text: str

    @property
    def failed(self) -> bool:
        """Whether the response is an error, or contains one."""
        return self.status != 200 or '"error"' in self.text


@dataclass
class Counting:
    """What all clients did so far; each has a counter of its own."""

    requests: list[Request] = field(default_factory=list)

    def failed(self) -> list[Request]:
        """Requests that failed."""
        return [request for request in self.requests if request.failed]

    def longest_gap(self) -> float:
        """The longest time, in seconds, in which no write succeeded."""
        ends = sorted(request.ended for request in self.requests if request.raises and not request.failed)
        return max(after - before for before, after in pairwise(ends))

    def wait_for(self, more: int) -> None:
        """Wait until so many more requests of each client have succeeded."""
        wanted = {counter: count + more for counter, count in self._succeeded().items()}
        wait_until(lambda: all(self._succeeded()[counter] >= count for counter, count in wanted.items()), limit_seconds=20)

    def check(self, instance: Instance) -> None:
        """Check that everything acknowledged was counted, and nothing twice."""
        primary = instance.servers.primary()
        assert primary is not None
        with primary.client() as client:
            for counter in self._succeeded():
                of_it = [request for request in self.requests if request.counter == counter]
                acknowledged = sum(request.raises for request in of_it if not request.failed)
                unknown = sum(request.raises for request in of_it if request.failed)
                counted = int(client.get(counter) or 0)
                assert acknowledged <= counted <= acknowledged + unknown, (counter, acknowledged, counted, unknown)

    def _succeeded(self) -> dict[str, int]:
        counts: dict[str, int] = {}
        for request in self.requests.copy():
            counts[request.counter] = counts.get(request.counter, 0) + (not request.failed)
        return counts


@contextmanager
def counting(instance: Instance, clients: int = 2) -> Iterator[Counting]:
    """Have so many clients of each sidecar count, one request after the other."""
    result = Counting()
    stop = threading.Event()
    served = [(f"count:{name}:{number}", sidecar) for name, sidecar in instance.sidecars.items() for number in range(clients)]
    threads = [threading.Thread(target=_count, args=(counter, sidecar, result, stop)) for counter, sidecar in served]
    for thread in threads:
        thread.start()
    try:
        wait_until(lambda: len(result._succeeded()) == len(served))  # noqa: SLF001
        result.wait_for(5)
        yield result
        result.wait_for(5)
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def _count(counter: str, sidecar: Sidecar, result: Counting, stop: threading.Event) -> None:
    turn, incr, get = 0, ["INCR", counter], ["GET", counter]
    with client_of(sidecar) as http:
        while not stop.wait(_PAUSE_SECONDS):
            turn += 1
            started = time.monotonic()
            match turn % 4:
                case 0:
                    raises, answer = 0, http.get(f"/get/{counter}")
                case 1:
                    raises, answer = 1, http.post("/", json=incr)
                case 2:
                    raises, answer = 2, http.post("/pipeline", json=[incr, get, incr])
                    _check_order(answer)
                case _:
                    raises, answer = 2, http.post("/multi-exec", json=[incr, incr])
            ended = time.monotonic()
            result.requests.append(Request(counter, ended, ended - started, raises, answer.status_code, answer.text))


def _check_order(answer: httpx.Response) -> None:
    """Check that the commands of a pipeline were executed in order, wherever they were."""
    if answer.status_code == 200 and '"error"' not in answer.text:
        first, between, second = (item["result"] for item in answer.json())
        assert (int(between), second) == (first, first + 1), answer.text
