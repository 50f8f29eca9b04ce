"""Why an instance is not ready, asked of the API only while it is not: its Events and its StorageClass are not watched."""

from __future__ import annotations

import time
from datetime import datetime

from kuberedis_operator.instance.warning_events import WarningEvents
from kuberedis_operator.resources.kinds import STORAGE_CLASS
from kuberedis_operator.runtime.api_client import Api, Body
from kuberedis_operator.status.pod_health import Problem, pod_problem

# An answer is good for so long, for all instances of that class.
_GOOD_FOR_SECONDS = 5.0


class Diagnosis:
    """Asks why instances are not ready.

    Args:
        api: Where to ask.
    """

    def __init__(self, api: Api) -> None:
        self._api = api
        self._events = WarningEvents(api)
        self._classes: dict[str, tuple[float, bool]] = {}

    async def problem(self, stateful_set: Body | None, pod: Body | None, claim: Body | None, now: datetime) -> Problem | None:
        """The first thing that is wrong, from the volume to the containers, or None if nothing is known to be.

        Args:
            stateful_set: The instance's, if it has one yet.
            pod: The same.
            claim: The same.
            now: The time.

        Raises:
            ApiUnavailable: No answer.
            ApiError: Refused.
        """
        pending = claim is not None and claim.get("status", {}).get("phase") == "Pending"
        if claim is not None and pending and (message := await self._claim_trouble(claim)):
            return Problem("VolumePending", f"PVC pending: {message}")
        if pod is None:
            message = await self._events.last(stateful_set) if stateful_set is not None else ""
            return Problem("PodNotCreated", f"the pod cannot be created: {message}") if message else None
        if (problem := pod_problem(pod, now)) is not None:
            return problem
        if _has_started(pod):
            return None
        message = await self._events.last(pod)
        return Problem("PodNotStarted", f"the pod does not start: {message}") if message else None

    async def _claim_trouble(self, claim: Body) -> str:
        name = claim["spec"].get("storageClassName")
        if name and not await self._class_exists(name):
            return f"StorageClass {name!r} does not exist"
        if (message := await self._events.last(claim)) or name is not None:
            return message
        return "the cluster has no default StorageClass; create one, or name one in spec.storageClassName"

    async def _class_exists(self, name: str) -> bool:
        asked_at, exists = self._classes.get(name, (-_GOOD_FOR_SECONDS, False))
        if time.monotonic() - asked_at >= _GOOD_FOR_SECONDS:
            asked_at, exists = time.monotonic(), await self._api.get(STORAGE_CLASS, None, name) is not None
            self._classes[name] = (asked_at, exists)
        return exists


def _has_started(pod: Body) -> bool:
    return any("running" in container.get("state", {}) for container in pod.get("status", {}).get("containerStatuses", ()))
