"""The opposite of waiting: that something is so, and stays so for a while."""

import threading
import time
from collections.abc import Callable

_PAUSE_SECONDS = 0.2


def assert_stays(condition: Callable[[], object], *, seconds: float, what: str) -> None:
    """Ask `condition` again and again; its answer has to be true every time."""
    began = time.monotonic()
    pause = threading.Event()
    while (lasted := time.monotonic() - began) < seconds:
        assert condition(), f"{what}: not any more after {lasted:.1f} s"
        pause.wait(_PAUSE_SECONDS)
