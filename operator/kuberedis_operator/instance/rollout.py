"""When a pod is restarted, and what is changed on it while it runs. Pure.

Only what the restart hash covers, or a request, restarts a pod. Labels, annotations and resources of the template are patched onto the
running pod; the live StatefulSet shows which of them changed, so pods are patched before it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from kuberedis_core.body import Body
from kuberedis_core.crd.names import REFRESHED_AT, RESTART_HASH, RESTART_REQUEST, RESTARTED_AT
from kuberedis_operator.resources.ssa_diff import differences

# They describe the content of the pod, which no patch changes.
_OF_THE_POD = frozenset({RESTART_HASH, REFRESHED_AT, RESTART_REQUEST, RESTARTED_AT})
# A template has these if a restart was requested; a pod that was made after that has the same.
_REQUESTS = (RESTART_REQUEST, RESTARTED_AT)


def is_outdated(pod: Body, stateful_set: Body) -> bool:
    """Whether `pod` was made from another template than the one in `stateful_set`, or before a restart was requested there."""
    return bool(cause(pod, stateful_set))


def cause(pod: Body, stateful_set: Body) -> str:
    """Why `pod` is to be replaced, as a clause; empty if it is not."""
    has, wanted = _annotations(pod["metadata"]), _annotations(_template(stateful_set))
    if has.get(RESTART_HASH) != wanted.get(RESTART_HASH):
        return "because its spec changed"
    if any(name in wanted and wanted[name] != has.get(name) for name in _REQUESTS):
        return "because that was requested"
    return ""


def may_be_deleted(pod: Body, stateful_set: Body) -> bool:
    """Whether `pod` would come back from the newest template: it is not being deleted, and the controller has seen that template."""
    observed = stateful_set.get("status", {}).get("observedGeneration", 0)
    return "deletionTimestamp" not in pod["metadata"] and bool(observed >= stateful_set["metadata"]["generation"])


def relabelling(pod: Body, rendered: Body, live: Body | None) -> dict[str, Any] | None:
    """The merge patch that updates labels and annotations of a running pod to its new template, or None.

    Args:
        pod: live pod.
        rendered: the StatefulSet as it shall be.
        live: the StatefulSet as it is.
    """
    changes = {}
    for field in ("labels", "annotations"):
        has = pod["metadata"].get(field) or {}
        wanted = _of_template(rendered, field)
        unwanted = {name for name, value in _of_template(live, field).items() if name not in wanted and has.get(name) == value}
        change = {name: value for name, value in wanted.items() if has.get(name) != value} | dict.fromkeys(unwanted)
        if change:
            changes[field] = change
    return _patch(pod, changes) if changes else None


def resizing(pod: Body, rendered: Body, live: Body | None) -> dict[str, Any] | None:
    """The strategic merge patch that gives a running pod the resources of its new template, or None.

    What another writer, such as a vertical autoscaler, gave the pod stays until the template changes.

    Args:
        pod: live pod.
        rendered: the StatefulSet as it shall be.
        live: the StatefulSet as it is.
    """
    if live is None:
        return None
    has, before = _resources(pod), _resources(live["spec"]["template"])
    changed = [
        {"name": name, "resources": wanted}
        for name, wanted in _resources(rendered["spec"]["template"]).items()
        if name in has and differences({"resources": wanted}, {"resources": before.get(name)})
        if differences({"resources": wanted}, {"resources": has[name]})
    ]
    return {**_patch(pod, {}), "spec": {"containers": changed}} if changed else None


def refreshing(pod: Body, now: datetime) -> dict[str, Any]:
    """The merge patch that makes the kubelet sync the pod, and so its mounted files, now instead of within a minute or two."""
    # With the fraction of a second: a patch that changes nothing is no event, so the kubelet would miss a second change within one second.
    return _patch(pod, {"annotations": {REFRESHED_AT: now.isoformat()}})


def _patch(pod: Body, changes: Mapping[str, Any]) -> dict[str, Any]:
    metadata = pod["metadata"]
    return {"metadata": {"namespace": metadata["namespace"], "name": metadata["name"], "uid": metadata["uid"], **changes}}


def _resources(pod: Body) -> dict[str, Any]:
    return {container["name"]: container.get("resources") or {} for container in pod["spec"]["containers"]}


def _template(stateful_set: Body) -> Body:
    metadata: Body = stateful_set["spec"]["template"]["metadata"]
    return metadata


def _of_template(stateful_set: Body | None, field: str) -> dict[str, str]:
    members = (_template(stateful_set).get(field) or {}) if stateful_set is not None else {}
    return {name: value for name, value in members.items() if name not in _OF_THE_POD}


def _annotations(metadata: Body) -> dict[str, str]:
    return metadata.get("annotations") or {}
