"""Kubernetes Events: what changed, for whoever reads `kubectl describe`.

An Event is told once: the same one within some minutes is dropped, and one that the API server does not take is not sent again, because
nothing may depend on it.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from kuberedis_core.crd.names import FIELD_MANAGER
from kuberedis_core.logging import log
from kuberedis_operator.resources.kinds import Kind
from kuberedis_operator.runtime.api_client import NAMESPACE_TERMINATING, Api, ApiError, ApiUnavailable
from kuberedis_operator.status.events import News

EVENTS = Kind("events.k8s.io/v1", "Event", "events")

_REPEAT_SECONDS = 300.0
_LONGEST_NOTE = 1024
"""By the API, https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/."""


class Recorder:
    """Writes Events about instances.

    Args:
        api: Where they are written.
    """

    def __init__(self, api: Api) -> None:
        self._api = api
        self._told: dict[tuple[str, str, str], float] = {}
        self._host = socket.gethostname()

    async def tell(self, subject: Mapping[str, Any], news: News) -> None:
        """Write an Event, unless the same one was written lately.

        Args:
            subject: The body of the instance it is about.
            news: What it says.
        """
        metadata = subject["metadata"]
        if not self._is_news((metadata["uid"], news.reason, news.note)):
            return
        log.info("event", namespace=metadata["namespace"], instance=metadata["name"], type=news.kind, reason=news.reason, note=news.note)
        body = {
            "apiVersion": EVENTS.api_version,
            "kind": EVENTS.kind,
            "metadata": {"generateName": f"{metadata['name']}-", "namespace": metadata["namespace"]},
            "eventTime": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "type": news.kind,
            "reason": news.reason,
            "action": news.action,
            "note": news.note[:_LONGEST_NOTE],
            "reportingController": FIELD_MANAGER,
            "reportingInstance": self._host,
            "regarding": {
                "apiVersion": subject["apiVersion"],
                "kind": subject["kind"],
                "namespace": metadata["namespace"],
                "name": metadata["name"],
                "uid": metadata["uid"],
            },
        }
        try:
            await self._api.create(EVENTS, metadata["namespace"], body)
        except (ApiError, ApiUnavailable) as error:
            if isinstance(error, ApiError) and error.reason == NAMESPACE_TERMINATING:
                return
            log.warning("event_not_written", namespace=metadata["namespace"], instance=metadata["name"], error=str(error))

    def _is_news(self, event: tuple[str, str, str]) -> bool:
        now = time.monotonic()
        # The oldest come first.
        while self._told and now - next(iter(self._told.values())) >= _REPEAT_SECONDS:
            del self._told[next(iter(self._told))]
        if event in self._told:
            return False
        self._told[event] = now
        return True
