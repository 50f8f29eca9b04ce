"""Puts the parts together: what is heard becomes keys in the queue, workers take them to the reconciler, failures come back later.

No key is worked on before all children, all instances and all claims to routes are known: a restart over a healthy cluster writes nothing.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Mapping
from typing import Any

from kuberedis_core.crd.names import NamespacedName
from kuberedis_core.logging import log
from kuberedis_operator.instance.reconciler import Reconciler
from kuberedis_operator.runtime.api_client import Api, ApiError, ApiUnavailable
from kuberedis_operator.runtime.metrics import OperatorMetrics
from kuberedis_operator.runtime.object_cache import key_of, version_of
from kuberedis_operator.runtime.object_store import Cluster
from kuberedis_operator.runtime.resync import Resync
from kuberedis_operator.runtime.throttle import Pace
from kuberedis_operator.runtime.work_queue import Priority, WorkQueue
from kuberedis_operator.settings import OperatorSettings

# The longest pauses between two tries: an API server that is back should not be waited for, one that refuses should not be pestered.
_UNAVAILABLE_SECONDS = 5.0
_REFUSED_SECONDS = 60.0
_FAULT_SECONDS = 300.0


class Controller:
    """The operator without what surrounds it.

    Args:
        api: The API server.
        settings: Of the operator.
        metrics: Where it counts.
    """

    def __init__(self, api: Api, settings: OperatorSettings, metrics: OperatorMetrics) -> None:
        self._queue: WorkQueue[NamespacedName] = WorkQueue()
        self._workers = settings.api_concurrency
        self._metrics = metrics
        self._pace = Pace()
        self.cluster = Cluster(api, settings.namespaces, self._child_changed, metrics)
        self._reconciler = Reconciler(api, self.cluster, settings)
        self.resync = Resync(self.cluster, self._take_up_unhurried, settings.resync_seconds)
        metrics.observe(lambda: len(self._queue), self._conditions, self.resync.age)

    def instance_changed(self, kind: str | None, body: Mapping[str, Any]) -> None:
        """Take a watch event about an instance.

        Args:
            kind: ADDED, MODIFIED or DELETED; None for an instance that was there before the watch.
            body: The instance.
        """
        metadata = {name: value for name, value in body["metadata"].items() if name != "managedFields"}
        instance = {**body, "metadata": metadata}
        if kind == "DELETED":
            is_news = self.cluster.instances.remove(key_of(instance), version_of(instance))
        else:
            is_news = self.cluster.instances.put(instance)
        if is_news:
            self._claim_route(key_of(instance))
            self._queue.add(key_of(instance), Priority.EDIT if kind == "MODIFIED" else Priority.EVENT)

    async def run(self) -> None:
        """Work until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            self.cluster.watch(tasks)
            await self.cluster.wait_for_children()
            tasks.create_task(self.resync.run())
            await self.resync.listed.wait()
            log.info("caches_complete", instances=len(self.cluster.instances))
            for _ in range(self._workers):
                tasks.create_task(self._queue.work(self._handle))

    def _child_changed(self, key: NamespacedName) -> None:
        if pause := self._pace.pause(key):
            self._queue.add_after(key, pause)
        else:
            self._queue.add(key)

    def _take_up_unhurried(self, key: NamespacedName) -> None:
        self._claim_route(key)
        self._queue.add(key, Priority.UNHURRIED)

    def _claim_route(self, key: NamespacedName) -> None:
        for other in self._reconciler.claim_route(key):
            self._queue.add(other)

    async def _handle(self, key: NamespacedName) -> None:
        started = time.perf_counter()
        result = await self._reconcile(key)
        self._metrics.reconciles.labels(result).inc()
        self._metrics.reconcile_seconds.observe(time.perf_counter() - started)
        if self.cluster.instances.get(key) is None:
            self._claim_route(key)
            self._pace.forget(key)
        self.resync.worked_on(key)

    async def _reconcile(self, key: NamespacedName) -> str:
        """Reconcile `key`, see to its next time, and say how it went."""
        namespace, name = key
        try:
            result = await self._reconciler.reconcile(key)
        except ApiUnavailable as error:
            pause = self._queue.retry(key, at_most_seconds=_UNAVAILABLE_SECONDS)
            log.warning("api_unavailable", namespace=namespace, instance=name, error=str(error), again_in_seconds=pause)
            return "unavailable"
        except ApiError as error:
            pause = self._queue.retry(key, at_most_seconds=_REFUSED_SECONDS)
            log.warning("refused", namespace=namespace, instance=name, error=str(error), again_in_seconds=pause)
            return "refused"
        except Exception as fault:  # noqa: BLE001  (a fault of the operator's own in one instance must not stop the others)
            pause = self._queue.retry(key, at_most_seconds=_FAULT_SECONDS)
            log.error("fault", namespace=namespace, instance=name, again_in_seconds=pause, exc_info=fault)
            return "fault"
        if result.wrote:
            self._pace.wrote(key)
        if result.refused:
            self._queue.retry(key, at_most_seconds=_REFUSED_SECONDS)
            return "refused"
        self._queue.succeeded(key)
        if result.again_after is not None:
            self._queue.add_after(key, result.again_after)
        return "ok"

    def _conditions(self) -> Mapping[tuple[str, str], int]:
        instances = self.cluster.instances
        return Counter(
            (condition["type"], condition["status"])
            for key in instances
            for condition in (instances.get(key) or {}).get("status", {}).get("conditions", ())
        )
