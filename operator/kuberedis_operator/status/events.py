"""What of a reconcile is worth an Event: what it changed, and what became better or worse. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple

from kuberedis_operator.instance.applier import Outcome
from kuberedis_operator.instance.reconcile_result import Report

Status = Mapping[str, Any]


class News(NamedTuple):
    """One Event."""

    kind: Literal["Normal", "Warning"]
    reason: str
    action: str
    """What was done or tried, for programs."""
    note: str


def news(report: Report, before: Status, after: Status) -> list[News]:
    """The Events of one reconcile.

    Args:
        report: What was done.
        before: The status of the instance before.
        after: Its status now.
    """
    return [*changes(report), *_key_changes(report, before, after), *_turns(before, after)]


def changes(report: Report) -> Iterator[News]:
    """The Events about children that were written."""
    if names := report.names(Outcome.CREATED):
        yield News("Normal", "Created", "Create", f"created {names}")
    if names := report.names(Outcome.UPDATED):
        yield News("Normal", "Updated", "Update", f"updated {names}")
    if names := report.names(Outcome.RESTORED):
        yield News("Normal", "Restored", "Restore", f"put back {names}, which somebody had changed")
    if report.volume.replacing:
        yield News(
            "Normal", "ReplacingStatefulSet", "Replace", "the StatefulSet is replaced, because it cannot be updated; its pod runs on"
        )
    if report.restarted:
        yield News("Normal", "Restarting", "Restart", "the pod is restarted, because its spec changed")


def _key_changes(report: Report, before: Status, after: Status) -> Iterator[News]:
    if report.secret is not None and report.secret.lost:
        note = "there is a new key, because the Secret or its api_key had been deleted; all clients and tokens need the new one"
        yield News("Warning", "KeyReplaced", "CreateKey", note)
    request = after.get("keyRotation", {}).get("request")
    if request is None or request == before.get("keyRotation", {}).get("request") or "secretName" not in before:
        return
    if report.secret is not None and report.secret.ignored_request:
        note = f"the key was not rotated: Secret {after['secretName']} is not the operator's; write a new api_key into it yourself"
        yield News("Warning", "RotationIgnored", "RotateKey", note)
    elif report.secret is not None and report.secret.credentials.origin == "rotated":
        expires = after["keyRotation"].get("previousKeyExpiresAt")
        yield News(
            "Normal", "KeyRotated", "RotateKey", f"there is a new key; the old one {f'is valid until {expires}' if expires else 'is void'}"
        )


def _turns(before: Status, after: Status) -> Iterator[News]:
    old = {condition["type"]: condition for condition in before.get("conditions", ())}
    for condition in after["conditions"]:
        was = old.get(condition["type"], {})
        turned_true = condition["status"] == "True" and (was.get("status"), was.get("reason")) != ("True", condition["reason"])
        if turned_true and condition["type"] == "Ready":
            yield News("Normal", "Ready", "Reconcile", condition["message"])
        elif turned_true and condition["type"] in ("Degraded", "RouteConflict"):
            yield News("Warning", condition["reason"], "Reconcile", condition["message"])
