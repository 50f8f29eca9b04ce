"""In which order waiting keys are handled. Pure: nothing here waits, and nothing knows what a key stands for.

Theory of operation. A key is a namespace and a name, and waits in one *lane*, that of its priority. Three rules share the workers out:

1. Within a lane the namespaces take turns, and so do the keys of a namespace: one that was taken and is added again goes to the end. So a
   key waits for at most the keys of its own namespace that were there before it, times the number of namespaces that wait.
2. The most urgent lane that has something is served, except that a lane that was passed over a number of times (its patience) has its turn
   first. So endless edits delay events and resyncs, and never stop them.
3. A namespace has at most three times as many keys in progress as there are workers left over. So one whose reconciles are slow, because
   its admission webhook is or its list of Events is long, leaves a quarter of the workers to the others.

From 1 and 2 together: a key is taken after at most (patience + 2) x (namespaces) x (keys before it in its namespace) others, whatever is
added meanwhile.
"""

from __future__ import annotations

from collections import Counter
from enum import IntEnum
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=tuple[str, ...])


class Priority(IntEnum):
    """What goes first. A key that is added again keeps the more urgent of both."""

    EDIT = 0
    """An edit of one object, whose author waits for the effect; a thousand objects that are created meanwhile do not delay it."""
    EVENT = 1
    BACKGROUND = 2
    """A resync or a timer, which nobody waits for."""


_PATIENCE = {Priority.EDIT: 0, Priority.EVENT: 2, Priority.BACKGROUND: 8}
"""How many times in a row a lane with a waiting key is passed over."""
_SHARE = 3
"""Keys that a namespace may have in progress for each worker that is left over."""


class FairOrder(Generic[Key]):
    """Keys that wait, each once, and how many of each namespace are in progress.

    Args:
        workers: number of keys that can be in progress at once.
    """

    def __init__(self, workers: int) -> None:
        self._workers = workers
        # Dictionaries serve as ordered sets: by lane, by namespace, in the order of their turns.
        self._lanes: dict[Priority, dict[str, dict[Key, None]]] = {priority: {} for priority in Priority}
        self._priorities: dict[Key, Priority] = {}
        self._passed = dict.fromkeys(Priority, 0)
        self._active: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._priorities)

    def __contains__(self, key: Key) -> bool:
        return key in self._priorities

    def add(self, key: Key, priority: Priority) -> None:
        """Have `key` wait; one that waits already moves only to a more urgent lane."""
        present = self._priorities.get(key)
        if present is not None:
            if present <= priority:
                return
            self._remove(key, present)
        self._priorities[key] = priority
        self._lanes[priority].setdefault(key[0], {})[key] = None

    def take(self) -> Key | None:
        """The key that is handled next, which is in progress until `done`; None if none may be."""
        overdue = [lane for lane in reversed(Priority) if self._passed[lane] >= _PATIENCE[lane]]
        for lane in (*overdue, *Priority):
            for namespace in self._lanes[lane]:
                if self._may_start(namespace):
                    return self._take(lane, namespace)
        return None

    def done(self, key: Key) -> None:
        """`key` is not in progress any more."""
        self._active[key[0]] -= 1
        if not self._active[key[0]]:
            del self._active[key[0]]

    def _may_start(self, namespace: str) -> bool:
        left_over = self._workers - self._active.total() - 1
        mine = self._active[namespace]
        return left_over >= 0 and (mine == 0 or mine < _SHARE * left_over)

    def _take(self, lane: Priority, namespace: str) -> Key:
        key = next(iter(self._lanes[lane][namespace]))
        self._remove(key, lane)
        del self._priorities[key]
        # The namespace goes to the end of its lane.
        if (rest := self._lanes[lane].pop(namespace, None)) is not None:
            self._lanes[lane][namespace] = rest
        self._active[namespace] += 1
        for other, waiting in self._lanes.items():
            self._passed[other] = self._passed[other] + 1 if waiting and other != lane else 0
        return key

    def _remove(self, key: Key, lane: Priority) -> None:
        keys = self._lanes[lane][key[0]]
        del keys[key]
        if not keys:
            del self._lanes[lane][key[0]]
