"""How late the event loop of the operator is: what it runs on one thread delays everything else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

_EVERY_SECONDS = 0.5


async def measure(observe: Callable[[float], None], every_seconds: float = _EVERY_SECONDS) -> None:
    """Call `observe` periodically with the seconds that a timer was late, until cancelled."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + every_seconds
        await asyncio.sleep(every_seconds)
        observe(max(0.0, loop.time() - due))
