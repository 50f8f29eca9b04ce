"""How often one key may be handled: at once as long as that is seldom, and then with an interval between two times.

The generic cell rate algorithm (https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm). One time is kept for each key, at which its
allowance is whole again. What a key is added for meanwhile is handled in one go: a reconcile looks at what is there, not at what happened.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)

_BURST = 20
"""Times in a row without a pause: more than an instance needs to start, or a person to edit it."""
INTERVAL_SECONDS = 2.0
"""Seconds between two times from then on."""


class Pace(Generic[Key]):
    """How often each key was handled lately.

    Args:
        clock: a clock in seconds, of any origin.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        # In the order of the last handling.
        self._whole_at: dict[Key, float] = {}

    def pause(self, key: Key) -> float:
        """Seconds until `key` may be handled; 0 if it may be now."""
        whole_at = self._whole_at.get(key)
        return 0.0 if whole_at is None else max(0.0, whole_at - self._clock() - (_BURST - 1) * INTERVAL_SECONDS)

    def handled(self, key: Key) -> None:
        """`key` is being handled."""
        now = self._clock()
        self._whole_at[key] = max(self._whole_at.pop(key, now), now) + INTERVAL_SECONDS
        # A key whose allowance is whole is as good as one that was never seen.
        while (oldest := next(iter(self._whole_at))) != key and self._whole_at[oldest] <= now:
            del self._whole_at[oldest]
