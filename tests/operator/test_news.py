"""Events: told for what changed, and for nothing else."""

from datetime import UTC, datetime
from typing import Any

from kuberedis_operator.instance.applier import Outcome
from kuberedis_operator.instance.key_rotation import Credentials
from kuberedis_operator.instance.reconcile_result import Report
from kuberedis_operator.instance.secret_keeper import SecretState
from kuberedis_operator.resources.kinds import CONFIG_MAP, SERVICE
from kuberedis_operator.status.conditions import Observed, compute
from kuberedis_operator.status.events import news
from kuberedis_operator.status.pod_health import Problem

NOW = datetime(2025, 3, 3, 12, tzinfo=UTC)
SERVING = compute(Observed(generation=1, pod_ready=True, fields={"secretName": "cache-auth"}), {}, NOW)


def told(report: Report, before: dict[str, Any], after: dict[str, Any]) -> list[tuple[str, str]]:
    return [(event.kind, event.reason) for event in news(report, before, after)]


def test_a_reconcile_that_changed_nothing_tells_nothing() -> None:
    report = Report(outcomes={(SERVICE, "cache-http"): Outcome.UNCHANGED})
    assert told(report, SERVING, SERVING) == []


def test_what_was_created_and_what_was_put_back_is_named() -> None:
    report = Report(outcomes={(SERVICE, "cache-http"): Outcome.CREATED, (CONFIG_MAP, "cache-config"): Outcome.RESTORED})
    notes = [event.note for event in news(report, SERVING, SERVING)]
    assert notes == ["created Service cache-http", "put back ConfigMap cache-config, which somebody had changed"]


def test_a_lost_key_is_a_warning() -> None:
    state = SecretState(Credentials("k", origin="replaced", made_at=NOW), Outcome.CREATED, lost=True)
    assert ("Warning", "KeyReplaced") in told(Report(secret=state), SERVING, SERVING)


def test_a_rotation_is_told_once() -> None:
    state = SecretState(Credentials("k", origin="rotated", made_at=NOW, request="one"), Outcome.UPDATED)
    rotated = {**SERVING, "keyRotation": {"request": "one"}}
    assert told(Report(secret=state), SERVING, rotated) == [("Normal", "KeyRotated")]
    assert told(Report(secret=state), rotated, rotated) == []


def test_a_rotation_of_a_key_that_its_owner_brought_is_refused_once() -> None:
    state = SecretState(Credentials("k"), Outcome.UNCHANGED, ignored_request="one")
    asked = {**SERVING, "keyRotation": {"request": "one"}}
    assert told(Report(secret=state), SERVING, asked) == [("Warning", "RotationIgnored")]
    assert told(Report(secret=state), asked, asked) == []


def test_getting_better_and_worse_is_told_when_it_turns() -> None:
    failing = compute(Observed(generation=1, pod_problem=Problem("ImagePullFailed", "image x")), {}, NOW)
    assert told(Report(), {}, failing) == [("Warning", "ImagePullFailed")]
    assert told(Report(), failing, failing) == []
    assert told(Report(), failing, SERVING) == [("Normal", "Ready")]
    assert told(Report(), SERVING, SERVING) == []
