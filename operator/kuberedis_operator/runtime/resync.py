"""Now and then, every instance is looked at again, for whatever an event might have failed to tell.

One for the whole operator. It has succeeded when the instances were listed and each was worked on since; the age of the last success is
what the liveness probe judges.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from kuberedis_core.crd.names import NamespacedName
from kuberedis_core.logging import log
from kuberedis_operator.runtime.api_client import ApiError, ApiUnavailable
from kuberedis_operator.runtime.object_store import Cluster

_PAUSE_AFTER_FAILURE_SECONDS = 5.0


class Resync:
    """The operator-wide resync.

    Args:
        cluster: Whose instances are listed.
        add: Has a key taken up and worked on when there is nothing more urgent.
        every_seconds: The pause between two.
    """

    def __init__(self, cluster: Cluster, add: Callable[[NamespacedName], None], every_seconds: float) -> None:
        self._cluster = cluster
        self._add = add
        self._every = every_seconds
        self._outstanding: set[NamespacedName] = set()
        self._done = asyncio.Event()
        self._succeeded_at = time.monotonic()
        self.listed = asyncio.Event()
        """Set once all instances are known and added."""

    def age(self) -> float:
        """Seconds since the last success, or since the start."""
        return time.monotonic() - self._succeeded_at

    def worked_on(self, key: NamespacedName) -> None:
        """`key` was reconciled, whatever came of it."""
        self._outstanding.discard(key)
        if not self._outstanding:
            self._done.set()

    async def run(self) -> None:
        """Resync until cancelled. The first one is the start of the operator: everything is reconciled once."""
        while True:
            try:
                gone = await self._cluster.list_instances()
            except (ApiUnavailable, ApiError) as error:
                log.warning("resync_failed", error=str(error))
                await asyncio.sleep(_PAUSE_AFTER_FAILURE_SECONDS)
                continue
            keys = {*gone, *self._cluster.instances}
            self._outstanding = set(keys)
            self._done.clear()
            for key in keys:
                self._add(key)
            self.listed.set()
            if keys:
                await self._done.wait()
            self._succeeded_at = time.monotonic()
            await asyncio.sleep(self._every)
