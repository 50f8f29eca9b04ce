"""Slows down a conflict with another writer, such as a second operator: each write of one would be the event that causes the other's next.

An edit by hand is reverted at once, many times in a row; only changes faster than any hand are slowed down.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from kuberedis_core.crd.names import NamespacedName

_FREE_WRITES = 30
_WITHIN_SECONDS = 60.0
_PAUSE_SECONDS = 10.0


class Throttle:
    """How often the children of each owner were written lately.

    Args:
        clock: a clock in seconds, of any origin.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._writes: dict[NamespacedName, deque[float]] = {}

    def wrote(self, key: NamespacedName) -> None:
        """Children of `key` were written."""
        self._writes.setdefault(key, deque(maxlen=_FREE_WRITES)).append(self._clock())

    def forget(self, key: NamespacedName) -> None:
        """`key` is gone."""
        self._writes.pop(key, None)

    def pause(self, key: NamespacedName) -> float:
        """Seconds that the next reconcile of `key` waits after an event of a child, mostly 0."""
        writes = self._writes.get(key)
        if writes is None or len(writes) < _FREE_WRITES:
            return 0.0
        return _PAUSE_SECONDS if self._clock() - writes[0] < _WITHIN_SECONDS else 0.0
