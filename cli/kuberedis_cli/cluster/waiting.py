"""Waiting for a cluster to get somewhere. It is asked twice a second, which needs no other permission than `get`."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

PAUSE_SECONDS = 0.5


def wait_until(condition: Callable[[], T], limit_seconds: float) -> T | None:
    """Ask `condition` until its answer is true, and return that answer; None when the limit passes before."""
    deadline = time.monotonic() + limit_seconds
    while not (answer := condition()):
        if time.monotonic() >= deadline:
            return None
        time.sleep(PAUSE_SECONDS)
    return answer
