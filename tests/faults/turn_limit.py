"""How long one turn of a sidecar's event loop may take."""

import json
import time
from functools import cache

_SECONDS = 0.05
_ROUNDS = 3


@cache
def turn_limit_seconds() -> float:
    """Processor time that a turn may take: 50 ms, and on a slow machine twice what it takes to read 10 MB of JSON.

    A library reads the largest body that there may be in one call, which nobody can divide.
    """
    body = '"😀' + "x" * (10 * 1024 * 1024) + '"'
    return max(_SECONDS, 2 * min(_seconds_to_read(body) for _ in range(_ROUNDS)))


def _seconds_to_read(body: str) -> float:
    began = time.thread_time()
    json.loads(body)
    return time.thread_time() - began
