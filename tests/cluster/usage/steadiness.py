"""The opposite of waiting: a condition holds, and goes on to hold for a while."""

import threading
import time
from collections.abc import Callable

_PAUSE_SECONDS = 0.2


def assert_stays(condition: Callable[[], object], *, seconds: float, what: str) -> None:
    """Evaluate `condition` repeatedly; it must be true every time."""
    began = time.monotonic()
    pause = threading.Event()
    while (lasted := time.monotonic() - began) < seconds:
        assert condition(), f"{what}: not any more after {lasted:.1f} s"
        pause.wait(_PAUSE_SECONDS)
