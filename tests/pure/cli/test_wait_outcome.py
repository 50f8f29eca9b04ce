"""`--wait`: why an instance is not yet as its spec says."""

from typing import Any

import pytest

from kuberedis_cli.change.outcome import UNSEEN, pending


def a_condition(type_: str, status: str, generation: int = 2) -> dict[str, Any]:
    return {"type": type_, "status": status, "reason": f"{type_}Reason", "message": f"{type_}\nis so", "observedGeneration": generation}


@pytest.mark.parametrize(
    ("conditions", "reason"),
    [
        ([], UNSEEN),
        ([a_condition("Ready", "True", generation=1)], UNSEEN),
        ([a_condition("Ready", "False")], "Ready is so (ReadyReason)"),
        ([a_condition("Ready", "Unknown"), a_condition("Progressing", "True")], "Ready is so (ReadyReason)"),
        ([a_condition("Ready", "True"), a_condition("Progressing", "True")], "Progressing is so (ProgressingReason)"),
        ([a_condition("Ready", "True"), a_condition("Progressing", "False")], ""),
        ([a_condition("Ready", "True", generation=3)], ""),
    ],
)
def test_what_is_waited_for_is_told_from_conditions_of_that_generation(conditions: list[dict[str, Any]], reason: str) -> None:
    assert pending({"status": {"conditions": conditions}}, 2) == reason


def test_an_instance_without_status_was_not_seen() -> None:
    assert pending({}, 1) == UNSEEN
