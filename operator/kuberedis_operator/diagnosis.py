"""Why an instance is not ready, asked of the API only while it is not: its Events and its StorageClass are not watched."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from datetime import datetime

from kuberedis_operator.api import Api, Body
from kuberedis_operator.kinds import CORE_EVENT, STORAGE_CLASS
from kuberedis_operator.pod_health import Problem, pod_problem

_EVENTS = "20"
# An answer is good for so long: an instance that starts is reconciled with each step it takes.
_GOOD_FOR_SECONDS = 5.0


class Diagnosis:
    """Asks why instances are not ready.

    Args:
        api: Where to ask.
    """

    def __init__(self, api: Api) -> None:
        self._api = api
        self._answers: dict[str, tuple[float, str]] = {}

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
        if claim is not None and pending and (message := await self._once_in_a_while(claim, self._claim_trouble)):
            return Problem("VolumePending", f"PVC pending: {message}")
        if pod is None:
            message = await self._once_in_a_while(stateful_set, self._last_warning) if stateful_set is not None else ""
            return Problem("PodNotCreated", f"the pod cannot be created: {message}") if message else None
        if (problem := pod_problem(pod, now)) is not None:
            return problem
        if _has_started(pod):
            return None
        message = await self._once_in_a_while(pod, self._last_warning)
        return Problem("PodNotStarted", f"the pod does not start: {message}") if message else None

    async def _once_in_a_while(self, subject: Body, ask: Callable[[Body], Awaitable[str]]) -> str:
        uid, now = subject["metadata"]["uid"], time.monotonic()
        asked_at, answer = self._answers.get(uid, (-_GOOD_FOR_SECONDS, ""))
        if now - asked_at < _GOOD_FOR_SECONDS:
            return answer
        answer = await ask(subject)
        self._answers = {key: known for key, known in self._answers.items() if now - known[0] < _GOOD_FOR_SECONDS}
        self._answers[uid] = (now, answer)
        return answer

    async def _claim_trouble(self, claim: Body) -> str:
        name = claim["spec"].get("storageClassName")
        if name and await self._api.get(STORAGE_CLASS, None, name) is None:
            return f"StorageClass {name!r} does not exist"
        if (message := await self._last_warning(claim)) or name is not None:
            return message
        return "the cluster has no default StorageClass; create one, or name one in spec.storageClassName"

    async def _last_warning(self, subject: Body) -> str:
        metadata = subject["metadata"]
        query = [("fieldSelector", f"involvedObject.uid={metadata['uid']},type=Warning"), ("limit", _EVENTS)]
        page = await self._api.list_page(CORE_EVENT, metadata["namespace"], query)
        # A probe that fails at first is how a start looks.
        telling = (event for event in page["items"] if event.get("reason") != "Unhealthy")
        latest: Body = max(telling, key=_last_seen, default={})
        return str(latest.get("message", ""))


def _last_seen(event: Body) -> str:
    # Which of them is set depends on who wrote the Event; all are RFC 3339 in UTC.
    return str(event.get("lastTimestamp") or event.get("eventTime") or event["metadata"]["creationTimestamp"])


def _has_started(pod: Body) -> bool:
    return any("running" in container.get("state", {}) for container in pod.get("status", {}).get("containerStatuses", ()))
