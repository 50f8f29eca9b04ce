"""Keeps the records of routes in the operator's namespace, in one ConfigMap for each namespace with instances.

The operator is their only writer, so they are read once. A grant is written before the route that it is for: after a restart, or a crash
at any moment, nobody is given what another namespace had.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict

from kuberedis_core.logging import log
from kuberedis_operator.errors import ApiError, ApiRefused, ApiUnavailable
from kuberedis_operator.instance.route_records import Entries, RouteRecords
from kuberedis_operator.resources.kinds import CONFIG_MAP
from kuberedis_operator.runtime.api_client import ApiClient

_PREFIX = "kuberedis-routes-"
_LABELS = {"app.kubernetes.io/part-of": "kuberedis", "app.kubernetes.io/component": "routes"}
_PAGE = "100"
_PAUSE_SECONDS = 2.0


class RouteRegistry:
    """The records of routes.

    Args:
        api: client of the API server.
        records: what is kept.
        namespace: namespace of the operator.
    """

    def __init__(self, api: ApiClient, records: RouteRecords, namespace: str) -> None:
        self._api = api
        self._records = records
        self._namespace = namespace
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def load(self) -> None:
        """Read the records; what the API server refuses is reported, and begins empty."""
        while True:
            try:
                return await self._load()
            except ApiUnavailable as error:
                log.warning("routes_not_read", error=str(error), retry_in_seconds=_PAUSE_SECONDS)
                await asyncio.sleep(_PAUSE_SECONDS)
            except ApiRefused as error:
                log.warning("routes_not_read", error=str(error), consequence="the oldest instance gets a contested route")
                return None

    async def _load(self) -> None:
        selector = ",".join(f"{name}={value}" for name, value in _LABELS.items())
        async for page in self._api.list_pages(CONFIG_MAP, self._namespace, [("labelSelector", selector), ("limit", _PAGE)]):
            for item in page["items"]:
                namespace = item["metadata"]["name"].removeprefix(_PREFIX)
                if unreadable := self._records.load(namespace, item.get("data") or {}):
                    log.warning("routes_unreadable", config_map=item["metadata"]["name"], entries=unreadable)

    async def save(self, namespace: str) -> None:
        """Write what changed in the records of `namespace`; changes that wait for each other are one write.

        Raises:
            ApiUnavailable: there was no response.
            ApiRefused: refused.
        """
        async with self._locks[namespace]:
            if not (entries := self._records.take_changes(namespace)):
                return
            try:
                await self._write(namespace, entries)
            except ApiError:
                self._records.put_back(namespace, entries)
                raise

    async def _write(self, namespace: str, entries: Entries) -> None:
        metadata = {"namespace": self._namespace, "name": f"{_PREFIX}{namespace}", "labels": _LABELS}
        body = {"apiVersion": CONFIG_MAP.api_version, "kind": CONFIG_MAP.kind, "metadata": metadata}
        if await self._api.merge(CONFIG_MAP, {**body, "data": entries}) is None:
            data = {name: text for name, text in entries.items() if text is not None}
            await self._api.create(CONFIG_MAP, self._namespace, {**body, "data": data})
