"""Which keys are to be reconciled, and when.

A key waits at most once however often it is added, and is never handled twice at a time: an event that arrives while its key is being
handled makes it wait again. `FairOrder` decides what is next, `Pace` how soon the same key may be again; nothing here knows what a key
stands for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from kuberedis_core.backoff import backoff_seconds
from kuberedis_operator.runtime.fair_order import FairOrder, Priority
from kuberedis_operator.runtime.pace import Pace

Key = TypeVar("Key", bound=tuple[str, ...])

_FIRST_RETRY_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class _Due:
    """When a key is added, and with which priority."""

    timer: asyncio.TimerHandle
    priority: Priority


class WorkQueue(Generic[Key]):
    """Keys that wait for a worker or for their time. A key is a namespace and a name.

    Args:
        workers: number of times that `work` is run.
    """

    def __init__(self, workers: int) -> None:
        self._order: FairOrder[Key] = FairOrder(workers)
        self._pace: Pace[Key] = Pace()
        self._startable = asyncio.Event()
        self._active: set[Key] = set()
        self._dirty: dict[Key, Priority] = {}
        self._failures: dict[Key, int] = {}
        self._due: dict[Key, _Due] = {}
        # When each key that waits for a worker began to, the oldest first.
        self._waiting: dict[Key, float] = {}

    def __len__(self) -> int:
        """Number of keys that wait for a worker; those that are not due yet are not counted."""
        return len(self._order) + len(self._dirty)

    def oldest_seconds(self) -> float:
        """How long the key has waited for a worker that waits longest; 0 if none waits."""
        return asyncio.get_running_loop().time() - next(iter(self._waiting.values())) if self._waiting else 0.0

    def add(self, key: Key, priority: Priority = Priority.EVENT) -> None:
        """Have `key` handled as soon as it is its turn, and after the handling in progress has ended."""
        if (due := self._due.pop(key, None)) is not None:
            due.timer.cancel()
            priority = min(priority, due.priority)
        if key in self._active:
            self._dirty[key] = min(priority, self._dirty.get(key, priority))
            self._waiting.setdefault(key, asyncio.get_running_loop().time())
        elif key not in self._order and (pause := self._pace.pause(key)):
            self._waiting.pop(key, None)
            self._add_at(key, asyncio.get_running_loop().time() + pause, priority)
        else:
            self._order.add(key, priority)
            self._waiting.setdefault(key, asyncio.get_running_loop().time())
            self._startable.set()

    def add_after(self, key: Key, seconds: float) -> None:
        """Have `key` handled in `seconds`, when nothing is more urgent then, unless it is due sooner anyway."""
        at = asyncio.get_running_loop().time() + seconds
        due = self._due.get(key)
        if key in self._order or key in self._dirty or (due is not None and due.timer.when() <= at):
            return
        if due is not None:
            due.timer.cancel()
        self._add_at(key, at, Priority.BACKGROUND if due is None else due.priority)

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
                self._order.done(key)
                # Its namespace may start another one now, for which a worker may wait.
                self._startable.set()
                if (priority := self._dirty.pop(key, None)) is not None:
                    self.add(key, priority)

    async def _take(self) -> Key:
        while (key := self._order.take()) is None:
            self._startable.clear()
            await self._startable.wait()
        self._active.add(key)
        self._waiting.pop(key, None)
        self._pace.handled(key)
        return key

    def _add_at(self, key: Key, at: float, priority: Priority) -> None:
        self._due[key] = _Due(asyncio.get_running_loop().call_at(at, lambda: self.add(key, priority)), priority)
