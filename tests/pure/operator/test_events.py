"""Events: one for each change, and none for anything else."""

from datetime import UTC, datetime
from typing import Any

from kuberedis_operator.resources.kinds import CONFIG_MAP, SERVICE
from kuberedis_operator.resources.secret import InstanceKeys
from kuberedis_operator.status.conditions import Observed, compute
from kuberedis_operator.status.events import transition_events
from kuberedis_operator.status.pod_health import Problem
from kuberedis_operator.status.reconcile_result import Outcome, ReconcileResult, SecretState

NOW = datetime(2025, 3, 3, 12, tzinfo=UTC)
SERVING = compute(Observed(generation=1, pods_ready=True, fields={"secretName": "cache-auth"}), {}, NOW)


def events(result: ReconcileResult, before: dict[str, Any], after: dict[str, Any]) -> list[tuple[str, str]]:
    return [(event.type, event.reason) for event in transition_events(result, before, after)]


def test_a_reconcile_that_changed_nothing_has_no_event() -> None:
    result = ReconcileResult(outcomes={(SERVICE, "cache-http"): Outcome.UNCHANGED})
    assert events(result, SERVING, SERVING) == []


def test_what_was_created_and_what_was_restored_is_named() -> None:
    result = ReconcileResult(outcomes={(SERVICE, "cache-http"): Outcome.CREATED, (CONFIG_MAP, "cache-config"): Outcome.RESTORED})
    notes = [event.note for event in transition_events(result, SERVING, SERVING)]
    assert notes == ["created Service cache-http", "restored ConfigMap cache-config after a change by another writer"]


def test_a_lost_key_is_a_warning() -> None:
    state = SecretState(InstanceKeys("k", origin="replaced", made_at=NOW), Outcome.CREATED, lost=True)
    assert ("Warning", "KeyReplaced") in events(ReconcileResult(secret=state), SERVING, SERVING)


def test_a_rotation_has_one_event() -> None:
    state = SecretState(InstanceKeys("k", origin="rotated", made_at=NOW, request="one"), Outcome.UPDATED)
    rotated = {**SERVING, "keyRotation": {"request": "one"}}
    assert events(ReconcileResult(secret=state), SERVING, rotated) == [("Normal", "KeyRotated")]
    assert events(ReconcileResult(secret=state), rotated, rotated) == []


def test_a_rotation_of_a_key_that_its_owner_supplied_is_refused_once() -> None:
    state = SecretState(InstanceKeys("k"), Outcome.UNCHANGED, ignored_request="one")
    requested = {**SERVING, "keyRotation": {"request": "one"}}
    assert events(ReconcileResult(secret=state), SERVING, requested) == [("Warning", "RotationIgnored")]
    assert events(ReconcileResult(secret=state), requested, requested) == []


def test_a_change_of_a_condition_has_one_event() -> None:
    failing = compute(Observed(generation=1, pod_problem=Problem("ImagePullFailed", "image x")), {}, NOW)
    assert events(ReconcileResult(), {}, failing) == [("Warning", "ImagePullFailed")]
    assert events(ReconcileResult(), failing, failing) == []
    assert events(ReconcileResult(), failing, SERVING) == [("Normal", "Ready")]
    assert events(ReconcileResult(), SERVING, SERVING) == []
