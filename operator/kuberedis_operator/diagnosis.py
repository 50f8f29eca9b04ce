"""Why an instance is not ready, asked of the API only while it is not: its Events and its StorageClass are not watched."""

from __future__ import annotations

from datetime import datetime

from kuberedis_operator.api import Api, Body
from kuberedis_operator.kinds import CORE_EVENT, STORAGE_CLASS
from kuberedis_operator.pod_health import Problem, pod_problem

_EVENTS = "20"


async def diagnose(api: Api, stateful_set: Body | None, pod: Body | None, claim: Body | None, now: datetime) -> Problem | None:
    """The first thing that is wrong, from the volume to the containers, or None if nothing is known to be.

    Args:
        api: Where to ask.
        stateful_set: The instance's, if it has one yet.
        pod: The same.
        claim: The same.
        now: The time.

    Raises:
        ApiUnavailable: No answer.
        ApiError: Refused.
    """
    if claim is not None and claim.get("status", {}).get("phase") == "Pending" and (problem := await _claim_problem(api, claim)):
        return problem
    if pod is None:
        message = await _last_warning(api, stateful_set) if stateful_set is not None else ""
        return Problem("PodNotCreated", f"the pod cannot be created: {message}") if message else None
    if (problem := pod_problem(pod, now)) is not None:
        return problem
    if _has_started(pod):
        return None
    message = await _last_warning(api, pod)
    return Problem("PodNotStarted", f"the pod does not start: {message}") if message else None


async def _claim_problem(api: Api, claim: Body) -> Problem | None:
    name = claim["spec"].get("storageClassName")
    if name and await api.get(STORAGE_CLASS, None, name) is None:
        return Problem("VolumePending", f"PVC pending: StorageClass {name!r} does not exist")
    if message := await _last_warning(api, claim):
        return Problem("VolumePending", f"PVC pending: {message}")
    if name is None:
        return Problem(
            "VolumePending", "PVC pending: the cluster has no default StorageClass; create one, or name one in spec.storageClassName"
        )
    return None


async def _last_warning(api: Api, subject: Body) -> str:
    metadata = subject["metadata"]
    query = [("fieldSelector", f"involvedObject.uid={metadata['uid']},type=Warning"), ("limit", _EVENTS)]
    page = await api.list_page(CORE_EVENT, metadata["namespace"], query)
    # A probe that fails at first is how a start looks.
    telling = (event for event in page["items"] if event.get("reason") != "Unhealthy")
    latest: Body = max(telling, key=_last_seen, default={})
    return str(latest.get("message", ""))


def _last_seen(event: Body) -> str:
    # Which of them is set depends on who wrote the Event; all are RFC 3339 in UTC.
    return str(event.get("lastTimestamp") or event.get("eventTime") or event["metadata"]["creationTimestamp"])


def _has_started(pod: Body) -> bool:
    return any("running" in container.get("state", {}) for container in pod.get("status", {}).get("containerStatuses", ()))
