"""Why an instance is not ready. Reads the API only while it is not, because Events and StorageClasses are not watched."""

from __future__ import annotations

import time
from datetime import datetime

from kuberedis_core.body import Body
from kuberedis_operator.instance.warning_events import WarningEvents
from kuberedis_operator.resources.kinds import STORAGE_CLASS
from kuberedis_operator.runtime.api_client import ApiClient
from kuberedis_operator.status.pod_health import Problem, pod_problem

# How long what was read of a StorageClass is used, for all instances of that class.
_FRESH_SECONDS = 5.0


class NotReadyDiagnosis:
    """Finds out why instances are not ready.

    Args:
        api: client of the API server.
    """

    def __init__(self, api: ApiClient) -> None:
        self._api = api
        self._events = WarningEvents(api)
        self._classes: dict[str, tuple[float, bool]] = {}

    async def problem(self, stateful_set: Body | None, pod: Body | None, claim: Body | None, now: datetime) -> Problem | None:
        """The first thing that is wrong, from the volume to the containers, or None if nothing is known to be.

        Args:
            stateful_set: StatefulSet of the instance, if it has one yet.
            pod: pod of the member, if it has one yet.
            claim: claim of the member, if it has one.
            now: current time.

        Raises:
            ApiUnavailable: there was no response.
            ApiRefused: the request was refused.
        """
        pending = claim is not None and claim.get("status", {}).get("phase") == "Pending"
        if claim is not None and pending and (message := await self._claim_problem(claim)):
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

    async def _claim_problem(self, claim: Body) -> str:
        name = claim["spec"].get("storageClassName")
        if name and not await self._class_exists(name):
            return f"StorageClass {name!r} does not exist"
        if (message := await self._events.last(claim)) or name is not None:
            return message
        return "the cluster has no default StorageClass; create one, or name one in spec.storageClassName"

    async def _class_exists(self, name: str) -> bool:
        read_at, exists = self._classes.get(name, (-_FRESH_SECONDS, False))
        if time.monotonic() - read_at >= _FRESH_SECONDS:
            read_at, exists = time.monotonic(), await self._api.get(STORAGE_CLASS, None, name) is not None
            self._classes[name] = (read_at, exists)
        return exists


def _has_started(pod: Body) -> bool:
    return any("running" in container.get("state", {}) for container in pod.get("status", {}).get("containerStatuses", ()))
