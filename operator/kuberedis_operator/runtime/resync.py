"""Periodically reconciles every object of a kind, in case an event was missed.

A resync has succeeded when the objects were listed and each was reconciled since; the liveness probe judges the age of the last success.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from kuberedis_core.crd.names import NamespacedName
from kuberedis_core.logging import log
from kuberedis_operator.errors import ApiError
from kuberedis_operator.runtime.object_store import ObjectStore

_PAUSE_AFTER_FAILURE_SECONDS = 5.0


class Resync:
    """The resync of one kind.

    Args:
        store: objects of the kind.
        add: has a key reconciled when nothing more urgent waits.
        every_seconds: pause between two resyncs.
    """

    def __init__(self, store: ObjectStore, add: Callable[[NamespacedName], None], every_seconds: float) -> None:
        self._store = store
        self._add = add
        self.every_seconds = every_seconds
        self._outstanding: set[NamespacedName] = set()
        self._done = asyncio.Event()
        self._succeeded_at = time.monotonic()
        self._last_success = 0.0
        self.listed = asyncio.Event()
        """Set once all objects are known and added."""

    def age(self) -> float:
        """Seconds since the last success, or since the start."""
        return time.monotonic() - self._succeeded_at

    def last_success(self) -> float:
        """Unix time of the last success; 0 before the first."""
        return self._last_success

    def reconciled(self, key: NamespacedName) -> None:
        """`key` was reconciled, with whatever result."""
        self._outstanding.discard(key)
        if not self._outstanding:
            self._done.set()

    async def run(self) -> None:
        """Resync until cancelled. The first one is the start of the operator: everything is reconciled once."""
        while True:
            try:
                gone = await self._store.list_owners()
            except ApiError as error:
                log.warning("resync_failed", resource=self._store.kind.plural, error=str(error))
                await asyncio.sleep(_PAUSE_AFTER_FAILURE_SECONDS)
                continue
            keys = {*gone, *self._store.owners}
            self._outstanding = set(keys)
            self._done.clear()
            for key in keys:
                self._add(key)
            self.listed.set()
            if keys:
                await self._done.wait()
            self._succeeded_at, self._last_success = time.monotonic(), time.time()
            await asyncio.sleep(self.every_seconds)
