"""Which keys are to be reconciled, and when.

A key waits at most once however often it is added, and is never handled twice at a time: an event that arrives while its key is being
handled makes it wait again. Nothing here knows what a key stands for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from enum import IntEnum
from itertools import count
from typing import Generic, TypeVar

from kuberedis_core.backoff import backoff_seconds

Key = TypeVar("Key", bound=tuple[str, ...])

_FIRST_RETRY_SECONDS = 0.25


class Priority(IntEnum):
    """What goes first. A key that is added again keeps the more urgent of both."""

    EDIT = 0
    """An edit of one object, whose author waits for the effect; a thousand objects that are created meanwhile do not delay it."""
    EVENT = 1
    BACKGROUND = 2
    """A resync or a timer, which nobody waits for."""


class WorkQueue(Generic[Key]):
    """Waiting keys, in order of priority; those of one priority first come, first served."""

    def __init__(self) -> None:
        # An entry counts only while `_waiting` has its priority: a key that became more urgent leaves its old entry behind.
        self._entries: asyncio.PriorityQueue[tuple[Priority, int, Key]] = asyncio.PriorityQueue()
        self._order = count()
        self._waiting: dict[Key, Priority] = {}
        self._active: set[Key] = set()
        self._dirty: dict[Key, Priority] = {}
        self._failures: dict[Key, int] = {}
        self._timers: dict[Key, asyncio.TimerHandle] = {}

    def __len__(self) -> int:
        """Number of keys that wait for a worker; those that are not due yet are not counted."""
        return len(self._waiting) + len(self._dirty)

    def add(self, key: Key, priority: Priority = Priority.EVENT) -> None:
        """Have `key` handled as soon as a worker is free, and after the handling in progress has ended."""
        self._cancel_timer(key)
        if key in self._active:
            self._dirty[key] = min(priority, self._dirty.get(key, priority))
        elif key not in self._waiting or priority < self._waiting[key]:
            self._waiting[key] = priority
            self._entries.put_nowait((priority, next(self._order), key))

    def add_after(self, key: Key, seconds: float) -> None:
        """Have `key` handled in `seconds`, when nothing is more urgent then, unless it is due sooner anyway."""
        loop = asyncio.get_running_loop()
        due = loop.time() + seconds
        timer = self._timers.get(key)
        if key in self._waiting or key in self._dirty or (timer is not None and timer.when() <= due):
            return
        self._cancel_timer(key)
        self._timers[key] = loop.call_at(due, lambda: self.add(key, Priority.BACKGROUND))

    def retry(self, key: Key, *, at_most_seconds: float) -> float:
        """Have `key` handled again after a pause that grows with each failure in a row.

        Args:
            key: the key that failed.
            at_most_seconds: longest pause.

        Returns:
            The pause in seconds.
        """
        self._failures[key] = self._failures.get(key, 0) + 1
        pause = backoff_seconds(self._failures[key], first=_FIRST_RETRY_SECONDS, longest=at_most_seconds)
        self.add_after(key, pause)
        return pause

    def succeeded(self, key: Key) -> None:
        """The next failure of `key` is its first again."""
        self._failures.pop(key, None)

    async def work(self, handle: Callable[[Key], Awaitable[None]]) -> None:
        """One worker: call `handle` with one key after the other, until cancelled. `handle` raises nothing."""
        while True:
            key = await self._take()
            try:
                await handle(key)
            finally:
                self._active.discard(key)
                if (priority := self._dirty.pop(key, None)) is not None:
                    self.add(key, priority)

    async def _take(self) -> Key:
        while True:
            priority, _, key = await self._entries.get()
            if self._waiting.get(key) == priority:
                del self._waiting[key]
                self._active.add(key)
                return key

    def _cancel_timer(self, key: Key) -> None:
        if timer := self._timers.pop(key, None):
            timer.cancel()
