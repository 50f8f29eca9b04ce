"""The Events of a reconcile: what it changed, and which conditions changed. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple

from kuberedis_operator.status import tls_status
from kuberedis_operator.status.reconcile_result import Outcome, ReconcileResult
from kuberedis_operator.topology.replication import Takeover

Status = Mapping[str, Any]

TAKEOVERS: Mapping[Takeover, str] = {"failover": "FailedOver", "switchover": "SwitchedOver"}
"""Reasons of the Events about another primary."""


class TransitionEvent(NamedTuple):
    """Content of an Event."""

    type: Literal["Normal", "Warning"]
    reason: str
    action: str
    """What was done or attempted, for programs."""
    note: str


def transition_events(result: ReconcileResult, before: Status, after: Status) -> list[TransitionEvent]:
    """The Events of one reconcile.

    Args:
        result: what was done.
        before: previous status of the instance.
        after: new status of the instance.
    """
    return [
        *child_events(result),
        *_key_events(result, before, after),
        *_primary_events(result, before, after),
        *_condition_events(before, after),
    ]


def child_events(result: ReconcileResult) -> Iterator[TransitionEvent]:
    """The Events about children that were written."""
    if names := result.names(Outcome.CREATED):
        yield TransitionEvent("Normal", "Created", "Create", f"created {names}")
    if names := result.names(Outcome.UPDATED):
        yield TransitionEvent("Normal", "Updated", "Update", f"updated {names}")
    if names := result.names(Outcome.RESTORED):
        yield TransitionEvent("Normal", "Restored", "Restore", f"restored {names} after a change by another writer")
    if result.volume.replacing:
        note = "the StatefulSet is replaced, because it cannot be updated; its pod keeps running"
        yield TransitionEvent("Normal", "ReplacingStatefulSet", "Replace", note)
    if result.volume_lost:
        note = "a new, empty volume was made, because the claim of the one before had been deleted"
        yield TransitionEvent("Warning", "VolumeReplaced", "CreateVolume", note)
    if result.tls is not None:
        yield from (TransitionEvent("Normal", *event) for event in tls_status.events(result.tls))
    if result.restarted:
        yield TransitionEvent("Normal", "Restarting", "Restart", f"{result.restarted} is restarted, {result.restart_cause}")


def _key_events(result: ReconcileResult, before: Status, after: Status) -> Iterator[TransitionEvent]:
    secret = result.secret
    if secret is not None and secret.lost:
        note = "a new key was created, because the Secret or its api_key had been deleted; all clients and tokens need the new one"
        yield TransitionEvent("Warning", "KeyReplaced", "CreateKey", note)
    request = after.get("keyRotation", {}).get("request")
    if secret is None or request is None or request == before.get("keyRotation", {}).get("request") or "secretName" not in before:
        return
    if secret.ignored_request:
        note = f"the key was not rotated: Secret {after['secretName']} is not the operator's; write a new api_key into it yourself"
        yield TransitionEvent("Warning", "RotationIgnored", "RotateKey", note)
    elif secret.keys.origin == "rotated":
        expires = after["keyRotation"].get("previousKeyExpiresAt")
        note = f"the key was rotated; the previous one is {f'valid until {expires}' if expires else 'no longer valid'}"
        yield TransitionEvent("Normal", "KeyRotated", "RotateKey", note)


def _primary_events(result: ReconcileResult, before: Status, after: Status) -> Iterator[TransitionEvent]:
    old, new = before.get("primary"), after.get("primary")
    if old is None or new is None or old == new:
        return
    takeover = result.takeover or "failover"
    if takeover == "switchover":
        yield TransitionEvent("Normal", TAKEOVERS[takeover], "SwitchOver", f"{old} handed the role of the primary over to {new}")
    else:
        yield TransitionEvent("Warning", TAKEOVERS[takeover], "FailOver", f"{old} failed, and {new} became the primary")


def _condition_events(before: Status, after: Status) -> Iterator[TransitionEvent]:
    old = {condition["type"]: condition for condition in before.get("conditions", ())}
    for condition in after["conditions"]:
        previous = old.get(condition["type"], {})
        became_true = condition["status"] == "True" and (previous.get("status"), previous.get("reason")) != ("True", condition["reason"])
        if became_true and condition["type"] == "Ready":
            yield TransitionEvent("Normal", "Ready", "Reconcile", condition["message"])
        elif became_true if condition["type"] in ("Degraded", "RouteConflict") else _lost_certificate(condition, previous):
            yield TransitionEvent("Warning", condition["reason"], "Reconcile", condition["message"])


def _lost_certificate(condition: Status, previous: Status) -> bool:
    before, after = ((each.get("status"), each.get("reason")) for each in (previous, condition))
    return condition["type"] == "TLSReady" and condition["status"] == "False" and before != after
