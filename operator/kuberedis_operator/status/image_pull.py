"""Whether the pod that pulls images beside a running one has them. Pure."""

from __future__ import annotations

from kuberedis_core.body import Body
from kuberedis_operator.status.pod_health import PULLING, REFUSED, Problem


def problem(pod: Body) -> Problem | None:
    """Why an image cannot be pulled, with what to do about it."""
    for container in _statuses(pod):
        waiting = container.get("state", {}).get("waiting") or {}
        if waiting.get("reason") in PULLING:
            return Problem(
                "ImageNotPulled",
                f"image {container.get('image', '')!r} cannot be pulled: {waiting.get('message') or waiting['reason']}; the pod that runs"
                " keeps serving with its old image; fix spec.version, spec.image or the credentials for the registry",
            )
    return None


def is_done(pod: Body) -> bool:
    """Whether every image is on the node, or it cannot be found out: the kubelet did not take the pod."""
    statuses = _statuses(pod)
    if not statuses:
        return bool(pod.get("status", {}).get("phase") == "Failed")
    # A kubelet looks at the rest of a container only once it has its image.
    return all(container.get("imageID") or _is_past_pulling(container.get("state", {})) for container in statuses)


def _is_past_pulling(state: Body) -> bool:
    return "running" in state or "terminated" in state or (state.get("waiting") or {}).get("reason") in REFUSED


def _statuses(pod: Body) -> list[Body]:
    return list(pod.get("status", {}).get("containerStatuses") or ())
