"""Turns of the event loop for work that takes milliseconds.

Each step of such work lets others go on after it. Were there a step of many requests in one turn of the event loop, everybody else would
wait for all of them; so there is one of one request in a turn, or some that are small together.
"""

from __future__ import annotations

import asyncio

_SMALL_BYTES = 512 * 1024


class Turns:
    """Gives out turns of the event loop, in the order in which they are asked for."""

    def __init__(self) -> None:
        self._taken = asyncio.Lock()
        self._loop = asyncio.get_running_loop()
        self._bytes = 0

    def has_room(self, size: int) -> bool:
        """Whether work on `size` bytes may be done in this turn as well. Then it counts."""
        if self._bytes + size > _SMALL_BYTES:
            return False
        if not self._bytes:
            self._loop.call_soon(self._begin)
        self._bytes += size
        return True

    async def next(self) -> None:
        """Wait for a turn. Until its next `await` waits, the caller is the only one with such work."""
        await self._taken.acquire()
        self._loop.call_soon(self._taken.release)

    def _begin(self) -> None:
        self._bytes = 0
