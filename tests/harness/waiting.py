"""Waiting for a condition, with a limit: what tests do instead of sleeping."""

import asyncio
import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

_PAUSE_SECONDS = 0.01


def wait_until(
    condition: Callable[[], T], *, limit_seconds: float = 10, what: str = "the condition", every_seconds: float = _PAUSE_SECONDS
) -> T:
    """Evaluate `condition` until its result is true, `every_seconds` or less often, and return that result.

    Raises:
        TimeoutError: The limit has passed; the message names `what` was waited for.
    """
    deadline = time.monotonic() + limit_seconds
    pause = threading.Event()
    while not (answer := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {limit_seconds} s")
        pause.wait(every_seconds)
    return answer


async def until(condition: Callable[[], T], *, limit_seconds: float = 10, what: str = "the condition") -> T:
    """As `wait_until`, while the event loop goes on."""
    deadline = time.monotonic() + limit_seconds
    while not (answer := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {limit_seconds} s")
        # As `pause` above: the interval between two evaluations, not an estimate of how long anything takes.
        await asyncio.sleep(_PAUSE_SECONDS)
    return answer
