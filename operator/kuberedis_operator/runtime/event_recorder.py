"""Writes Kubernetes Events about the operator's objects, for readers of `kubectl describe`.

The same Event is not repeated within some minutes, and one that the API server does not accept is not sent again, because nothing may
depend on it.
"""

from __future__ import annotations

import socket
import time
from datetime import UTC, datetime

from kuberedis_core.body import Body
from kuberedis_core.crd.names import FIELD_MANAGER
from kuberedis_core.logging import log
from kuberedis_operator.errors import ApiError, NamespaceTerminating
from kuberedis_operator.resources.kinds import EVENT
from kuberedis_operator.runtime.api_client import ApiClient
from kuberedis_operator.status.events import TransitionEvent

_REPEAT_SECONDS = 300.0
_LONGEST_NOTE = 1024
"""By the API, https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/."""


class EventRecorder:
    """Writes Events.

    Args:
        api: client of the API server.
    """

    def __init__(self, api: ApiClient) -> None:
        self._api = api
        self._recorded: dict[tuple[str, str, str], float] = {}
        self._host = socket.gethostname()

    async def record(self, subject: Body, event: TransitionEvent) -> None:
        """Write an Event, unless the same one was written lately.

        Args:
            subject: the object that the Event is about.
            event: content of the Event.
        """
        metadata = subject["metadata"]
        if self._is_repeated((metadata["uid"], event.reason, event.note)):
            return
        about = {"kind": subject["kind"], "namespace": metadata["namespace"], "name": metadata["name"]}
        log.info("event", **about, type=event.type, reason=event.reason, note=event.note)
        body = {
            "apiVersion": EVENT.api_version,
            "kind": EVENT.kind,
            "metadata": {"generateName": f"{metadata['name']}-", "namespace": metadata["namespace"]},
            "eventTime": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "type": event.type,
            "reason": event.reason,
            "action": event.action,
            "note": event.note[:_LONGEST_NOTE],
            "reportingController": FIELD_MANAGER,
            "reportingInstance": self._host,
            "regarding": {"apiVersion": subject["apiVersion"], **about, "uid": metadata["uid"]},
        }
        try:
            await self._api.create(EVENT, metadata["namespace"], body)
        except NamespaceTerminating:
            return
        except ApiError as error:
            log.warning("event_not_written", **about, error=str(error))

    def _is_repeated(self, event: tuple[str, str, str]) -> bool:
        now = time.monotonic()
        # The oldest come first.
        while self._recorded and now - next(iter(self._recorded.values())) >= _REPEAT_SECONDS:
            del self._recorded[next(iter(self._recorded))]
        if event in self._recorded:
            return True
        self._recorded[event] = now
        return False
