"""Waiting for a condition of the cluster, by polling twice a second: that needs no other permission than `get`."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

PAUSE_SECONDS = 0.5


def wait_until(condition: Callable[[], T], limit_seconds: float) -> T | None:
    """Call `condition` until its result is true, and return that result; None when the limit passes before."""
    deadline = time.monotonic() + limit_seconds
    while not (result := condition()):
        if time.monotonic() >= deadline:
            return None
        time.sleep(PAUSE_SECONDS)
    return result
