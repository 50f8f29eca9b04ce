"""The latest Warning Event of an object, by whichever writer.

The API server has no index of Events: for those of one object it reads all of the namespace. So one list serves all calls within some
seconds, and a thousand instances that do not start cost hardly more than one.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

from kuberedis_core.body import Body
from kuberedis_core.one_line import one_line
from kuberedis_operator.resources.kinds import CORE_EVENT
from kuberedis_operator.runtime.api_client import ApiClient

_FRESH_SECONDS = 4.0
# A list is used this many times as long as it took to read, so that reading takes at most a fiftieth of the time.
_FRESH_TIMES = 50.0
_PAGE = "500"
# A probe that fails at first is part of every start. Whether a pod fits on a node is in its own status, and an Event outlasts it.
_PASSED_OVER = frozenset({"Unhealthy", "FailedScheduling"})


@dataclass
class _Listed:
    """The Events of one namespace."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while the namespace is read."""
    messages: dict[str, str] = field(default_factory=dict)
    """The latest message about each object, by uid."""
    until: float = 0.0
    """Until when these are used (`time.monotonic`)."""

    def is_fresh(self) -> bool:
        return time.monotonic() < self.until


class WarningEvents:
    """Reads Warning Events.

    Args:
        api: client of the API server.
    """

    def __init__(self, api: ApiClient) -> None:
        self._api = api
        self._listed: dict[str, _Listed] = {}

    async def last(self, subject: Body) -> str:
        """The message of the latest one about `subject`, as of some seconds ago; empty if there is none.

        Raises:
            ApiUnavailable: there was no response.
            ApiRefused: the request was refused.
        """
        namespace = subject["metadata"]["namespace"]
        listed = self._listed.setdefault(namespace, _Listed())
        async with listed.lock:
            if not listed.is_fresh():
                began = time.monotonic()
                listed.messages = await self._list(namespace)
                ended = time.monotonic()
                listed.until = ended + max(_FRESH_SECONDS, _FRESH_TIMES * (ended - began))
                self._forget()
        return listed.messages.get(subject["metadata"]["uid"], "")

    def _forget(self) -> None:
        self._listed = {name: listed for name, listed in self._listed.items() if listed.is_fresh() or listed.lock.locked()}

    async def _list(self, namespace: str) -> dict[str, str]:
        latest: dict[str, Body] = {}
        async for page in self._api.list_pages(CORE_EVENT, namespace, [("fieldSelector", "type=Warning"), ("limit", _PAGE)]):
            for event in page["items"]:
                uid = event["involvedObject"].get("uid", "")
                if event.get("reason") not in _PASSED_OVER and (uid not in latest or _last_seen(event) > _last_seen(latest[uid])):
                    latest[uid] = event
        return {uid: one_line(str(event.get("message", ""))) for uid, event in latest.items()}


def _last_seen(event: Body) -> str:
    # Which of them is set depends on who wrote the Event; all are RFC 3339 in UTC.
    return str(event.get("lastTimestamp") or event.get("eventTime") or event["metadata"]["creationTimestamp"])
