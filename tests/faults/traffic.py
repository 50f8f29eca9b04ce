"""Traffic that keeps on while something breaks, and what it saw: each request's status, time and latency."""

import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import httpx

from tests.harness.sidecar import Sidecar
from tests.harness.waiting import wait_until

# Without it, httpx reads all certificates of the machine for each client.
_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class Served(Protocol):
    """An instance, wherever it runs."""

    @property
    def url(self) -> str:
        """Where it answers."""

    @property
    def api_key(self) -> str:
        """What opens it."""


@dataclass(frozen=True)
class Seen:
    """One answer: when it was requested and how long it took, in seconds of the monotonic clock."""

    tag: str
    started: float
    latency: float
    status: int
    retry_after: str | None


@dataclass
class Traffic:
    """What all clients together saw so far; `failures` are requests without any HTTP answer."""

    seen: list[Seen] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def with_status(self, status: int) -> list[Seen]:
        return [one for one in self.seen if one.status == status]

    def slowest(self) -> float:
        return max(one.latency for one in self.seen)

    def wait_for(self, more: int, status: int = 200, seconds: float = 20) -> None:
        """Wait until that many more requests got that status."""
        wanted = len(self.with_status(status)) + more
        wait_until(lambda: len(self.with_status(status)) >= wanted, limit_seconds=seconds)


@contextmanager
def traffic(served: Served, call: Callable[[httpx.Client, str], httpx.Response], clients: int = 4, pause: float = 0.0) -> Iterator[Traffic]:
    """Call `call` with a unique tag over and over from that many clients, each with a connection of its own."""
    result = Traffic()
    stop = threading.Event()

    def client(number: int) -> None:
        with client_of(served) as http:
            turn = 0
            while not stop.wait(pause):
                tag = f"{number}-{turn}"
                turn += 1
                started = time.monotonic()
                try:
                    answer = call(http, tag)
                except httpx.HTTPError as error:
                    result.failures.append(f"{tag}: {error!r}")
                    continue
                latency = time.monotonic() - started
                result.seen.append(Seen(tag, started, latency, answer.status_code, answer.headers.get("retry-after")))

    threads = [threading.Thread(target=client, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    try:
        yield result
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def echo(http: httpx.Client, tag: str) -> httpx.Response:
    """A request that touches no key; its answer must be its own."""
    answer = http.get(f"/echo/{tag}")
    assert answer.status_code != 200 or answer.json() == {"result": tag}
    return answer


def client_of(served: Served, bearer: str | None = None, timeout: float = 30) -> httpx.Client:
    """A client with that bearer, by default the instance key."""
    headers = {"Authorization": f"Bearer {bearer or served.api_key}"}
    return httpx.Client(base_url=served.url, headers=headers, timeout=timeout, trust_env=False, verify=_NO_TLS)


def ask_outside(sidecar: Sidecar, path: str) -> httpx.Response:
    """A GET outside the base path, without a credential."""
    return httpx.get(f"{sidecar.origin}{path}", timeout=10, trust_env=False, verify=_NO_TLS)


def resident_bytes(pid: int) -> int:
    """The resident memory of a process (VmRSS in proc(5)), in bytes."""
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmRSS:"))


@contextmanager
def peak_memory(pid: int) -> Iterator[Callable[[], int]]:
    """Watch a process; the yielded function gives its highest growth of resident memory so far, in bytes."""
    before = resident_bytes(pid)
    peak = before
    stop = threading.Event()

    def watch() -> None:
        nonlocal peak
        while not stop.wait(0.01):
            peak = max(peak, resident_bytes(pid))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield lambda: peak - before
    finally:
        stop.set()
        thread.join()
