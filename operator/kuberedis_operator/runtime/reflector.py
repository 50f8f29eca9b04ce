"""Keeps a cache equal to what the API server holds: list, then watch, then watch again from where the watch ended.

A failure is never final: it is counted, a pause follows, and the watch continues where it was, or from a new list if that is too old.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import orjson

from kuberedis_core.api_kind import Kind
from kuberedis_core.backoff import backoff_seconds
from kuberedis_core.body import Body
from kuberedis_core.crd.names import NamespacedName
from kuberedis_core.logging import log
from kuberedis_operator.errors import ApiError, Expired, NotFound, api_error
from kuberedis_operator.runtime.api_client import ApiClient, without_managed_fields
from kuberedis_operator.runtime.metrics import OperatorMetrics
from kuberedis_operator.runtime.object_cache import ObjectCache, key_of, version_of

_PAGE = "250"
_FIRST_PAUSE_SECONDS = 0.25
_LONGEST_PAUSE_SECONDS = 5.0
# Pause before a kind that the API server does not serve is listed again.
_UNSERVED_SECONDS = 60.0

Changed = Callable[[Body], None]


class Reflector:
    """One kind in one namespace, or in all.

    Args:
        api: client of the API server.
        kind: kind of the objects.
        namespace: namespace of the objects, None for all.
        selector: label selector, evaluated by the API server.
        cache: where the objects are kept. Several reflectors may share it, each with a namespace of its own.
        metrics: where failures are counted.
    """

    def __init__(
        self, api: ApiClient, kind: Kind, namespace: str | None, selector: str, cache: ObjectCache, metrics: OperatorMetrics
    ) -> None:
        self._api = api
        self.kind = kind
        self._namespace = namespace
        self._selector = selector
        self._cache = cache
        self._failed = metrics.watch_failures.labels(kind.plural)
        self._failures = 0
        self._version: str | None = None
        self.complete = asyncio.Event()
        """Set once the cache has held everything."""
        self.served = True
        """False while the API server does not serve the kind."""

    async def run(self, changed: Changed) -> None:
        """Keep the cache up to date until cancelled.

        Args:
            changed: called with each object that is new, changed or gone.
        """
        while True:
            try:
                if self._version is None:
                    self._version = await self._list(changed)
                    self.served = True
                    self.complete.set()
                await self._watch(self._version, changed)
                self._failures = 0
            except ApiError as error:
                self._failed.inc()
                await self._pause(error)

    async def _pause(self, error: ApiError) -> None:
        if isinstance(error, Expired):
            self._version = None
        elif isinstance(error, NotFound):
            self._version = None
            self.served = False
            self.complete.set()
            await asyncio.sleep(_UNSERVED_SECONDS)
        else:
            self._failures += 1
            log.warning("watch_failed", resource=self.kind.plural, namespace=self._namespace, error=str(error))
            await asyncio.sleep(backoff_seconds(self._failures, first=_FIRST_PAUSE_SECONDS, longest=_LONGEST_PAUSE_SECONDS))

    async def _list(self, changed: Changed) -> str:
        keys: set[NamespacedName] = set()
        async for page in self._api.list_pages(self.kind, self._namespace, [("labelSelector", self._selector), ("limit", _PAGE)]):
            for item in page["items"]:
                # Unlike objects of a watch, items of a list have no apiVersion and kind.
                item.setdefault("apiVersion", self.kind.api_version)
                item.setdefault("kind", self.kind.kind)
                keys.add(key_of(item))
                self._put(item, changed)
        version = page["metadata"]["resourceVersion"]
        for body in self._cache.keep_only(keys, self._namespace, int(version)):
            changed(body)
        return str(version)

    async def _watch(self, version: str, changed: Changed) -> None:
        query = [("labelSelector", self._selector), ("resourceVersion", version)]
        async with self._api.watch(self.kind, self._namespace, query) as lines:
            async for line in lines:
                event = orjson.loads(line)
                body: Body = event["object"]
                if event["type"] == "ERROR":
                    raise api_error(int(body.get("code", 500)), body)
                if event["type"] == "DELETED":
                    if self._cache.remove(key_of(body), version_of(body)):
                        changed(body)
                elif event["type"] != "BOOKMARK":
                    self._put(body, changed)
                self._version = body["metadata"]["resourceVersion"]

    def _put(self, body: Body, changed: Changed) -> None:
        if self._cache.put(without_managed_fields(body)):
            changed(body)
