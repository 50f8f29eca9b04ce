"""Starts a process again whenever it ends, after a pause that grows while it keeps ending."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

from kuberedis_cli.errors import RedisServerError
from kuberedis_core.backoff import backoff_seconds

FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 10.0
STEADY_SECONDS = 30.0
"""After a process lived this long, its next failure counts as the first."""


async def keep_alive(
    ended: Callable[[], Awaitable[str]],
    start: Callable[[], Awaitable[None]],
    on_down: Callable[[str, float], None],
    on_recovered: Callable[[], None],
) -> None:
    """Keep a process running, until this is cancelled.

    Args:
        ended: Waits until it ends, and returns a sentence about that.
        start: Starts it again; raises RedisServerError if it ends at once.
        on_down: Called when it has ended, with the sentence and the seconds until it is started again.
        on_recovered: Called when it runs again.
    """
    failures = 0
    while True:
        began = time.monotonic()
        message = await ended()
        failures = 1 if time.monotonic() - began > STEADY_SECONDS else failures + 1
        pause = backoff_seconds(failures, first=FIRST_PAUSE_SECONDS, longest=LONGEST_PAUSE_SECONDS)
        on_down(message, pause)
        await asyncio.sleep(pause)
        with suppress(RedisServerError):  # the next turn reports how it ended
            await start()
            on_recovered()
