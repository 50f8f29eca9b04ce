"""How long a process keeps its event loop from everybody else, as a client that asks for little sees it."""

import http.client
import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.harness.sidecar import Sidecar

_INTERVAL_SECONDS = 0.01
_PATIENCE_SECONDS = 30


@dataclass
class Stalls:
    """Seconds of CPU time that the process spent on others while the probe waited, for each of its requests; how many got no answer."""

    seconds: list[float] = field(default_factory=list)
    closed: int = 0

    def longest(self, share: float = 1.0) -> float:
        """The longest of this share of them, without the longer ones."""
        return sorted(self.seconds)[math.ceil(len(self.seconds) * share) - 1]


def cpu_seconds(pid: int) -> float:
    """CPU time of the process' first thread, which runs its event loop (schedstat in proc(5): nanoseconds)."""
    return int(Path(f"/proc/{pid}/task/{pid}/schedstat").read_text().split()[0]) / 1e9


@contextmanager
def stalls(sidecar: Sidecar) -> Iterator[Stalls]:
    """Ask /livez again and again meanwhile.

    CPU time, not time of day: a process that waits for a processor of a busy machine does not stall. A turn of the event loop serves all
    connections that are ready, so this is an upper bound of what one request may take.
    """
    found = Stalls()
    stop = threading.Event()

    def probe() -> None:
        connection = http.client.HTTPConnection(sidecar.address, timeout=_PATIENCE_SECONDS)
        try:
            while not stop.wait(_INTERVAL_SECONDS):
                before = cpu_seconds(sidecar.pid)
                try:
                    connection.request("GET", "/livez")
                    connection.getresponse().read()
                except (http.client.HTTPException, OSError):
                    # A sidecar that has no room for another connection may close this one.
                    found.closed += 1
                    connection.close()
                    continue
                found.seconds.append(cpu_seconds(sidecar.pid) - before)
        finally:
            connection.close()

    thread = threading.Thread(target=probe)
    thread.start()
    try:
        yield found
    finally:
        stop.set()
        thread.join()
