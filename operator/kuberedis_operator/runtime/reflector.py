"""Keeps a cache equal to what the API server holds: list, then watch, then watch on from where the watch ended.

A failure is never final: it is counted, waited out, and the watch goes on where it was, or from a new list if that is too old.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import orjson

from kuberedis_core.crd.names import NamespacedName
from kuberedis_core.logging import log
from kuberedis_operator.resources.kinds import Kind
from kuberedis_operator.runtime.api_client import Api, ApiError, ApiUnavailable, Body, without_managed_fields
from kuberedis_operator.runtime.metrics import OperatorMetrics
from kuberedis_operator.runtime.object_cache import Cache, key_of, version_of

_PAGE = "250"
_FIRST_PAUSE_SECONDS = 0.25
_LONGEST_PAUSE_SECONDS = 5.0
# How often a kind that the API server does not serve is asked for again.
_UNSERVED_SECONDS = 60.0


class Reflector:
    """One kind in one namespace, or in all.

    Args:
        api: Where to list and watch.
        resource: The kind.
        namespace: The namespace, None for all.
        selector: A label selector, judged by the API server.
        cache: What is kept equal. Several reflectors may share it, each with a namespace of its own.
        changed: Called with each object that is new, changed or gone.
        metrics: Where failures are counted.
    """

    def __init__(
        self,
        api: Api,
        resource: Kind,
        namespace: str | None,
        selector: str,
        cache: Cache,
        changed: Callable[[Body], None],
        metrics: OperatorMetrics,
    ) -> None:
        self._api = api
        self.resource = resource
        self._namespace = namespace
        self._selector = selector
        self._cache = cache
        self._changed = changed
        self._failures = metrics.watch_failures.labels(resource.plural)
        self._version: str | None = None
        self.complete = asyncio.Event()
        """Set once the cache has held everything."""
        self.served = True
        """False while the API server does not know the kind."""

    async def run(self) -> None:
        """Keep the cache up to date until cancelled."""
        pause = _FIRST_PAUSE_SECONDS
        while True:
            try:
                if self._version is None:
                    self._version = await self._list()
                    self.served = True
                    self.complete.set()
                await self._watch(self._version)
                pause = _FIRST_PAUSE_SECONDS
            except (ApiUnavailable, ApiError) as error:
                self._failures.inc()
                pause = await self._wait_out(error, pause)

    async def _wait_out(self, error: ApiUnavailable | ApiError, pause: float) -> float:
        status = error.status if isinstance(error, ApiError) else 0
        if status == 410:
            self._version = None
        elif status == 404:
            self._version = None
            self.served = False
            self.complete.set()
            await asyncio.sleep(_UNSERVED_SECONDS)
        else:
            log.warning("watch_failed", resource=self.resource.plural, namespace=self._namespace, error=str(error))
            await asyncio.sleep(pause)
            return min(2 * pause, _LONGEST_PAUSE_SECONDS)
        return pause

    async def _list(self) -> str:
        keys: set[NamespacedName] = set()
        token = ""
        while True:
            query = [("labelSelector", self._selector), ("limit", _PAGE)]
            page = await self._api.list_page(self.resource, self._namespace, [*query, ("continue", token)] if token else query)
            for item in page["items"]:
                # Items of a list do not say what they are, objects of a watch do.
                item.setdefault("apiVersion", self.resource.api_version)
                item.setdefault("kind", self.resource.kind)
                keys.add(key_of(item))
                self._take(item)
            token = page["metadata"].get("continue", "")
            if not token:
                break
        version = page["metadata"]["resourceVersion"]
        for body in self._cache.keep_only(keys, self._namespace, int(version)):
            self._changed(body)
        return str(version)

    async def _watch(self, version: str) -> None:
        query = [("labelSelector", self._selector), ("resourceVersion", version)]
        async with self._api.watch(self.resource, self._namespace, query) as lines:
            async for line in lines:
                event = orjson.loads(line)
                body: Body = event["object"]
                if event["type"] == "ERROR":
                    raise ApiError(int(body.get("code", 500)), str(body.get("reason", "")), str(body.get("message", "")))
                if event["type"] == "DELETED":
                    if self._cache.remove(key_of(body), version_of(body)):
                        self._changed(body)
                elif event["type"] != "BOOKMARK":
                    self._take(body)
                self._version = body["metadata"]["resourceVersion"]

    def _take(self, body: Body) -> None:
        if self._cache.put(without_managed_fields(body)):
            self._changed(body)
