"""Clients that write without an end, through every sidecar or through the ingress controller, and know what was acknowledged.

Each write has a key of its own, so that at the end everything that was acknowledged can be read back.
"""

import asyncio
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum

import httpx

from tests.harness.waiting import wait_until

# Without it, httpx reads all certificates of the machine for each client.
_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
_PAUSE_SECONDS = 0.01
_RECONNECT_SECONDS = 0.1
_LIMIT_SECONDS = 15.0
_CONNECT_SECONDS = 1.0
_WRITERS_PER_TARGET = 3
_KEYS_AT_ONCE = 1000


class Outcome(Enum):
    """What became of a write."""

    ACKNOWLEDGED = "acknowledged"
    FAILED = "failed"
    """Refused, and not carried out."""
    UNKNOWN = "unknown"
    """It may have been carried out: the answer says so, or there was none."""
    UNREACHABLE = "unreachable"
    """Nobody took the connection, so that nothing was sent."""


@dataclass(frozen=True, slots=True)
class Write:
    """One write; times are seconds of the monotonic clock."""

    key: str
    target: str
    began: float
    ended: float
    outcome: Outcome
    text: str = ""
    """Of an answer that acknowledges nothing."""


@dataclass(frozen=True)
class Target:
    """Where writes go: a member's sidecar, or the ingress controller."""

    url: str
    headers: Mapping[str, str]


Finder = Callable[[str], Target | None]
"""The present address of a target of this name; None while it has none."""


@dataclass
class Record:
    """What all writers together have seen so far."""

    writes: list[Write] = field(default_factory=list)

    def acknowledged(self) -> list[Write]:
        """Those that must be found again."""
        return self.with_outcome(Outcome.ACKNOWLEDGED)

    def with_outcome(self, outcome: Outcome) -> list[Write]:
        """Those with this outcome."""
        return [write for write in self.writes if write.outcome is outcome]

    def wait_for_acknowledgements(self, *targets: str, more: int = 20, limit_seconds: float = 30) -> None:
        """Wait until each of these targets has acknowledged that many writes which began after now."""
        began = time.monotonic()

        def served() -> bool:
            late = [write.target for write in self.writes if write.began > began and write.outcome is Outcome.ACKNOWLEDGED]
            return all(late.count(target) >= more for target in targets)

        wait_until(served, limit_seconds=limit_seconds, what=f"writes through {', '.join(targets)}")

    def seconds_to_next_acknowledgement(self, limit_seconds: float = 60) -> float:
        """Wait for an acknowledged write that ended after now, and return how many seconds later that was."""
        now = time.monotonic()

        def first() -> list[float]:
            return [write.ended for write in self.writes if write.ended > now and write.outcome is Outcome.ACKNOWLEDGED]

        return min(wait_until(first, limit_seconds=limit_seconds, what="an acknowledged write")) - now


@contextmanager
def writers(targets: list[str], find: Finder, *, prefix: str) -> Iterator[Record]:
    """Write through each of the targets until the end of the block.

    Args:
        targets: names of targets.
        find: finds them, called anew whenever a connection fails.
        prefix: of all keys, to tell one run from another.
    """
    record, stop = Record(), threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(_write(targets, find, prefix, record, stop)))
    thread.start()
    try:
        yield record
    finally:
        stop.set()
        thread.join()


async def _write(targets: list[str], find: Finder, prefix: str, record: Record, stop: threading.Event) -> None:
    async with asyncio.TaskGroup() as tasks:
        for target in targets:
            for number in range(_WRITERS_PER_TARGET):
                tasks.create_task(_Writer(target, find, f"{prefix}:{target}:{number}", record, stop).run())


class _Writer:
    """One client, with one request at a time on a connection that is kept alive."""

    def __init__(self, target: str, find: Finder, prefix: str, record: Record, stop: threading.Event) -> None:
        self._target = target
        self._find = find
        self._prefix = prefix
        self._record = record
        self._stop = stop
        self._written = 0

    async def run(self) -> None:
        while not self._stop.is_set():
            found = await asyncio.to_thread(self._find, self._target)
            if found is not None:
                async with _client(found) as http:
                    await self._write_while_connected(http)
            await asyncio.sleep(_RECONNECT_SECONDS)

    async def _write_while_connected(self, http: httpx.AsyncClient) -> None:
        while not self._stop.is_set():
            write = await self._write(http)
            self._record.writes.append(write)
            if write.outcome is Outcome.UNREACHABLE:
                return
            await asyncio.sleep(_PAUSE_SECONDS)

    async def _write(self, http: httpx.AsyncClient) -> Write:
        self._written += 1
        key = f"{self._prefix}:{self._written}"
        began = time.monotonic()
        try:
            answer = await http.post(f"/keys/{key}", json={"value": key})
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            return self._seen(key, began, Outcome.UNREACHABLE, repr(error))
        except httpx.HTTPError as error:
            return self._seen(key, began, Outcome.UNKNOWN, repr(error))
        if answer.status_code == httpx.codes.OK:
            return self._seen(key, began, Outcome.ACKNOWLEDGED)
        outcome = Outcome.UNKNOWN if "may have been" in answer.text or answer.status_code == httpx.codes.GATEWAY_TIMEOUT else Outcome.FAILED
        return self._seen(key, began, outcome, f"{answer.status_code} {answer.text}")

    def _seen(self, key: str, began: float, outcome: Outcome, text: str = "") -> Write:
        return Write(key, self._target, began, time.monotonic(), outcome, text)


def _client(target: Target) -> httpx.AsyncClient:
    timeout = httpx.Timeout(_LIMIT_SECONDS, connect=_CONNECT_SECONDS)
    return httpx.AsyncClient(base_url=target.url, headers=dict(target.headers), timeout=timeout, trust_env=False, verify=_NO_TLS)


def client_of(target: Target) -> httpx.Client:
    """A client for single requests."""
    return httpx.Client(base_url=target.url, headers=dict(target.headers), timeout=_LIMIT_SECONDS, trust_env=False, verify=_NO_TLS)


def lost(record: Record, target: Target) -> list[Write]:
    """The acknowledged writes that are not found again through this target."""
    written = record.acknowledged()
    missing: list[Write] = []
    with client_of(target) as http:
        for first in range(0, len(written), _KEYS_AT_ONCE):
            some = written[first : first + _KEYS_AT_ONCE]
            values = http.post("", json=["MGET", *(write.key for write in some)]).raise_for_status().json()["result"]
            missing += [write for write, value in zip(some, values, strict=True) if value != write.key]
    return missing


def forget(record: Record, target: Target) -> None:
    """Remove what was written, so that many runs fit into one instance."""
    keys = [write.key for write in record.writes]
    with client_of(target) as http:
        for first in range(0, len(keys), _KEYS_AT_ONCE):
            http.post("", json=["UNLINK", *keys[first : first + _KEYS_AT_ONCE]]).raise_for_status()
