"""The state of an instance in one word, and what is advised for each reason."""

import ast
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kuberedis_core.timestamps import format_time
from kuberedis_dashboard.views.advice import ADVICE
from kuberedis_dashboard.views.conditions import conditions, state

NOW = datetime(2026, 1, 1, 12, 0, 0, tzinfo=UTC)
NOTHING_TO_DO = frozenset("AsExpected Complete InSync NoConflict NoVolume AsWanted Serving Valid".split())
OPERATOR = Path(__file__).parents[3] / "operator"


def instance(*written: tuple[str, str, str], **metadata: Any) -> dict[str, Any]:
    since = format_time(NOW - timedelta(minutes=5))
    return {
        "metadata": {"name": "cache", "namespace": "team", "generation": 1, "creationTimestamp": since, **metadata},
        "spec": {},
        "status": {
            "observedGeneration": 1,
            "conditions": [
                {"type": type_, "status": status, "reason": reason, "message": "why", "lastTransitionTime": since}
                for type_, status, reason in written
            ],
        },
    }


READY = ("Ready", "True", "Serving")


@pytest.mark.parametrize(
    ("body", "word", "level"),
    [
        (instance(READY, ("Degraded", "False", "AsExpected"), ("Replicated", "True", "InSync")), "Ready", "good"),
        (instance(), "Unknown", "unknown"),
        (instance(READY, deletionTimestamp="2026-01-01T11:00:00Z"), "Deleting", "passing"),
        (instance(("Ready", "False", "PodNotReady"), ("Progressing", "True", "PodNotReady")), "Starting", "passing"),
        (instance(("Ready", "False", "PodNotReady")), "Not ready", "bad"),
        (
            instance(("Ready", "False", "CrashLooping"), ("Progressing", "True", "x"), ("Degraded", "True", "CrashLooping")),
            "Not ready",
            "bad",
        ),
        (instance(READY, ("Degraded", "True", "OutOfMemory")), "Degraded", "bad"),
        (instance(READY, ("Replicated", "False", "ReplicaDown")), "Degraded", "bad"),
        (instance(READY, ("RouteConflict", "True", "HostTaken")), "Degraded", "bad"),
        (instance(READY, ("Progressing", "True", "Restarting")), "Changing", "passing"),
        (instance(READY, ("StorageResizing", "True", "Growing")), "Changing", "passing"),
        (instance(READY, ("Progressing", "False", "Paused")), "Paused", "passing"),
        (instance(("Ready", "False", "Paused"), ("Progressing", "False", "Paused")), "Paused", "bad"),
        (instance(READY, generation=2), "Changing", "passing"),
        ({"metadata": {"name": "cache"}, "spec": {}, "status": {"conditions": ["no object"]}}, "Unknown", "unknown"),
    ],
)
def test_an_instance_is_described_by_one_word(body: dict[str, Any], word: str, level: str) -> None:
    found = state(body, NOW)
    assert (found.word, found.level) == (word, level)
    assert found.level == "good" or found.advice


def test_what_somebody_wrote_into_a_message_is_one_printable_line() -> None:
    body = instance(("Ready", "False", "PodNotReady"))
    body["status"]["conditions"][0]["message"] = "a\x1b[31m\n\u202eb<script>" + "x" * 9000
    [view] = conditions(body, NOW)
    assert view.message.startswith("a\\x1b[31m \\u202eb<script>x")
    assert view.message.isprintable()
    assert len(view.message) < 5000
    assert (view.since, view.level, bool(view.advice)) == ("5 min", "bad", True)


def _reasons() -> Iterator[str]:
    """The reasons that the operator's code has: a capitalized word among the first arguments of a Problem or a Condition."""
    for path in OPERATOR.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(func=ast.Name(id="Problem"), args=[ast.Constant(value=str(reason)), *_]):
                    yield reason
                case ast.Call(func=ast.Name(id="Condition"), args=[_, _, ast.Constant(value=str(reason)), *_]):
                    yield reason


def test_every_reason_of_the_operator_has_advice_or_needs_none() -> None:
    reasons = set(_reasons())
    assert len(reasons) > 30
    assert reasons - ADVICE.keys() - NOTHING_TO_DO == set()
