"""Work that goes on as long as the process.

An exception that nobody expected is a bug. In a task it would be seen by nobody, and would end, say, the revocation of tokens.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from kuberedis_core.logging import log

_PAUSE_SECONDS = 1.0


async def repeat(step: Callable[[], Awaitable[object]], instance: str) -> None:
    """Do one step after another, until the task is cancelled.

    Args:
        step: A step, with its pause. If it raises an exception, that is logged, once if the next step raises the same, and the next step
            comes a second later.
        instance: Name of the instance, for the log.
    """
    known = ""
    while True:
        try:
            await step()
        except Exception as error:  # noqa: BLE001
            if (problem := repr(error)) != known:
                log.error("background_work_failed", instance=instance, error=type(error).__name__, exc_info=error)
            known = problem
            await asyncio.sleep(_PAUSE_SECONDS)
        else:
            known = ""
