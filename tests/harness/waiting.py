"""Waiting for a condition, with a limit: what tests do instead of sleeping."""

import asyncio
import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

_PAUSE_SECONDS = 0.01


def wait_until(condition: Callable[[], T], *, limit_seconds: float = 10, what: str = "the condition") -> T:
    """Ask `condition` until its answer is true, and return that answer.

    Raises:
        TimeoutError: The limit has passed; the text says `what` was waited for.
    """
    deadline = time.monotonic() + limit_seconds
    pause = threading.Event()
    while not (answer := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {limit_seconds} s")
        pause.wait(_PAUSE_SECONDS)
    return answer


async def until(condition: Callable[[], T], *, limit_seconds: float = 10, what: str = "the condition") -> T:
    """As `wait_until`, while the event loop goes on."""
    deadline = time.monotonic() + limit_seconds
    while not (answer := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {limit_seconds} s")
        # As `pause` above: the time between two questions, not how long anything is thought to take.
        await asyncio.sleep(_PAUSE_SECONDS)
    return answer
