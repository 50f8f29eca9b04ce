"""Writers that follow the primary, by themselves and without any sidecar, and record what was acknowledged.

What an application sees through sidecars is better than this; here the promise is that of Redis and Sentinel.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count, pairwise

from redis import Redis, RedisError

from tests.harness.replicated import Member, ReplicatedRedis
from tests.harness.waiting import wait_until

_PAUSE_SECONDS = 0.005


class Writers:
    """Each writes keys of its own, one after the other.

    `acknowledged` has the time, by the monotonic clock, and the key of each write that was acknowledged.
    """

    def __init__(self, instance: ReplicatedRedis, number: int) -> None:
        self._instance = instance
        self._stop = threading.Event()
        self._pause = threading.Event()
        self.acknowledged: list[tuple[float, str]] = []
        self._threads = [threading.Thread(target=self._write, args=(f"writer-{index}",)) for index in range(number)]
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        """Stop writing."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def wait_for_acknowledgements(self, more: int = 50, *, limit_seconds: float = 20) -> None:
        """Wait until more writes than now were acknowledged."""
        wanted = len(self.acknowledged) + more
        wait_until(lambda: len(self.acknowledged) >= wanted, limit_seconds=limit_seconds, what="acknowledged writes")

    def longest_gap(self, since: float) -> float:
        """The longest time without an acknowledged write, in seconds, that ended after `since`."""
        times = sorted(time for time, _ in self.acknowledged)
        return max(later - earlier for earlier, later in pairwise(times) if later >= since)

    def lost(self) -> list[str]:
        """Keys that were acknowledged and that the primary does not have."""
        primary = wait_until(self._instance.primary, what="a primary")
        assert primary is not None
        keys = [key for _, key in self.acknowledged]
        with primary.client() as client:
            return [key for key, value in zip(keys, client.mget(keys), strict=True) if value is None]

    def _write(self, name: str) -> None:
        connection: Redis | None = None
        for number in count():
            if self._stop.is_set():
                break
            key = f"{name}:{number}"
            try:
                connection = connection or self._connect()
                if connection is not None and connection.set(key, "value"):
                    self.acknowledged.append((time.monotonic(), key))
            except RedisError:
                if connection is not None:
                    connection.close()
                connection = None
            self._pause.wait(_PAUSE_SECONDS)
        if connection is not None:
            connection.close()

    def _connect(self) -> Redis | None:
        """A client of the one primary; the newest one, if there are several."""
        primaries = {member: info for member in self._instance if (info := _info(member)) is not None and info["role"] == "master"}
        newest = [
            member
            for member, info in primaries.items()
            if not any(other["master_replid2"] == info["master_replid"] for other in primaries.values())
        ]
        return newest[0].client() if len(newest) == 1 else None


@contextmanager
def writers(instance: ReplicatedRedis, number: int = 4) -> Iterator[Writers]:
    """Write until the end of the block."""
    writers = Writers(instance, number)
    try:
        yield writers
    finally:
        writers.end()


def _info(member: Member) -> dict[str, str] | None:
    try:
        return member.info()
    except RedisError:
        return None
