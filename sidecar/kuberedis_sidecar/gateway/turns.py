"""Turns of the event loop for work that takes milliseconds.

Each step of such work lets others go on after it. Were there a step of many requests in one turn of the event loop, everybody else would
wait for all of them; so there is one of one request in a turn.
"""

from __future__ import annotations

import asyncio


class Turns:
    """Gives out turns of the event loop, in the order in which they are asked for."""

    def __init__(self) -> None:
        self._taken = asyncio.Lock()

    async def next(self) -> None:
        """Wait for a turn. Until its next `await` waits, the caller is the only one with such work."""
        await self._taken.acquire()
        asyncio.get_running_loop().call_soon(self._taken.release)
