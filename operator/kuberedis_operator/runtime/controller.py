"""Runs the reconciler of one kind: events become keys in a queue, workers reconcile them, and failures are retried.

No key is reconciled before all children, all objects and all their claims are known: a restart over a healthy cluster writes nothing.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Any

from kuberedis_core.crd.names import NamespacedName
from kuberedis_core.logging import log
from kuberedis_operator.errors import ApiRefused, ApiUnavailable
from kuberedis_operator.runtime.fair_order import Priority
from kuberedis_operator.runtime.metrics import OperatorMetrics, Result
from kuberedis_operator.runtime.object_cache import key_of, version_of
from kuberedis_operator.runtime.object_store import ObjectStore
from kuberedis_operator.runtime.reconciler import Reconciler
from kuberedis_operator.runtime.resync import Resync
from kuberedis_operator.runtime.throttle import Throttle
from kuberedis_operator.runtime.tracing import UNTRACED, Spans
from kuberedis_operator.runtime.work_queue import WorkQueue

# The longest pauses between two attempts: short while the API server is away, so that its return is noticed; long when it refuses.
_UNAVAILABLE_SECONDS = 5.0
_REFUSED_SECONDS = 60.0
_FAULT_SECONDS = 300.0


class Controller:
    """The controller of one kind.

    Args:
        store: objects of the kind and their children.
        reconciler: reconciler of the kind.
        metrics: where reconciles are counted.
        workers: number of reconciles that may be in progress at once.
        resync_seconds: pause between two resyncs.
        spans: where reconciles are traced.
    """

    def __init__(
        self,
        store: ObjectStore,
        reconciler: Reconciler,
        metrics: OperatorMetrics,
        *,
        workers: int,
        resync_seconds: float,
        spans: Spans = UNTRACED,
    ) -> None:
        self._queue: WorkQueue[NamespacedName] = WorkQueue(workers)
        self._workers = workers
        self._metrics = metrics
        self._spans = spans
        self._throttle = Throttle()
        self._reconciler = reconciler
        self.store = store
        self._resync = Resync(store, self._add_in_background, resync_seconds)
        metrics.observe(self)

    def object_changed(self, event_type: str | None, body: Mapping[str, Any]) -> None:
        """Process a watch event about an object of the kind.

        Args:
            event_type: ADDED, MODIFIED or DELETED; None for an object that existed before the watch.
            body: the object.
        """
        metadata = {name: value for name, value in body["metadata"].items() if name != "managedFields"}
        changed = {**body, "metadata": metadata}
        key = key_of(changed)
        owners = self.store.owners
        if owners.remove(key, version_of(changed)) if event_type == "DELETED" else owners.put(changed):
            self._update_claims(key)
            self._queue.add(key, Priority.EDIT if event_type == "MODIFIED" else Priority.EVENT)

    async def listed(self) -> None:
        """Return when all objects of the kind are known."""
        await self._resync.listed.wait()

    def queue_length(self) -> int:
        """Number of objects that wait to be reconciled."""
        return len(self._queue)

    def oldest_seconds(self) -> float:
        """How long the object has waited that waits longest; 0 if none waits."""
        return self._queue.oldest_seconds()

    def resync_age(self) -> float:
        """Seconds since the last successful resync, or since the start."""
        return self._resync.age()

    def last_resync(self) -> float:
        """Unix time of the last successful resync; 0 before the first."""
        return self._resync.last_success()

    def resync_interval(self) -> float:
        """Seconds between two resyncs."""
        return self._resync.every_seconds

    async def run(self) -> None:
        """Work until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            self.store.watch_children(tasks, self._child_changed)
            await self.store.wait_for_children()
            await self._reconciler.prepare()
            tasks.create_task(self._resync.run())
            await self._resync.listed.wait()
            log.info("caches_complete", kind=self.store.kind.kind, objects=len(self.store.owners))
            for _ in range(self._workers):
                tasks.create_task(self._queue.work(self._handle))

    def _child_changed(self, key: NamespacedName) -> None:
        if pause := self._throttle.pause(key):
            self._queue.add_after(key, pause)
        else:
            self._queue.add(key)

    def _add_in_background(self, key: NamespacedName) -> None:
        self._update_claims(key)
        self._queue.add(key, Priority.BACKGROUND)

    def _update_claims(self, key: NamespacedName) -> None:
        for other in self._reconciler.update_claims(key):
            self._queue.add(other)

    async def _handle(self, key: NamespacedName) -> None:
        started = time.perf_counter()
        with self._spans.reconcile(self.store.kind.kind, key) as ended:
            result = await self._reconcile(key)
            ended(result)
        self._metrics.reconciles.labels(result).inc()
        self._metrics.reconcile_seconds.observe(time.perf_counter() - started)
        if self.store.owners.get(key) is None:
            self._update_claims(key)
            self._throttle.forget(key)
        self._resync.reconciled(key)

    async def _reconcile(self, key: NamespacedName) -> Result:
        """Reconcile `key` and schedule the next reconcile."""
        about = {"kind": self.store.kind.kind, "namespace": key.namespace, "name": key.name}
        try:
            requeue = await self._reconciler.reconcile(key)
        except ApiUnavailable as error:
            pause = self._queue.retry(key, at_most_seconds=_UNAVAILABLE_SECONDS)
            log.warning("api_unavailable", **about, error=str(error), retry_in_seconds=round(pause, 3))
            return "unavailable"
        except ApiRefused as error:
            pause = self._queue.retry(key, at_most_seconds=_REFUSED_SECONDS)
            log.warning("request_refused", **about, error=str(error), retry_in_seconds=round(pause, 3))
            return "refused"
        except Exception as fault:  # noqa: BLE001  (a fault of the operator's own in one object must not stop the others)
            pause = self._queue.retry(key, at_most_seconds=_FAULT_SECONDS)
            log.error("reconcile_failed", **about, retry_in_seconds=round(pause, 3), exc_info=fault)
            return "fault"
        if requeue.wrote:
            self._throttle.wrote(key)
        if requeue.refused:
            self._queue.retry(key, at_most_seconds=_REFUSED_SECONDS)
            return "refused"
        self._queue.succeeded(key)
        if requeue.after_seconds is not None:
            self._queue.add_after(key, requeue.after_seconds)
        return "ok"
