"""What the status says of keys."""

from datetime import UTC, datetime

import pytest

from kuberedis_operator.resources.secret import InstanceKeys
from kuberedis_operator.status.key_status import replacement_note, rotation_status

MADE = datetime(2025, 3, 3, 12, tzinfo=UTC)
ENDS = datetime(2025, 3, 3, 13, tzinfo=UTC)


@pytest.mark.parametrize(
    ("keys", "status"),
    [
        (InstanceKeys("key"), {}),
        (InstanceKeys("key", made_at=MADE), {}),
        (InstanceKeys("key", made_at=MADE, request="one"), {"request": "one"}),
        (
            InstanceKeys("key", "old", ENDS, "one", MADE, "rotated"),
            {"request": "one", "rotatedAt": "2025-03-03T12:00:00Z", "previousKeyExpiresAt": "2025-03-03T13:00:00Z"},
        ),
        (InstanceKeys("key", made_at=MADE, origin="replaced"), {"rotatedAt": "2025-03-03T12:00:00Z"}),
    ],
    ids=["supplied", "created", "created with a request", "rotated", "replaced"],
)
def test_rotation_status(keys: InstanceKeys, status: dict[str, str]) -> None:
    assert rotation_status(keys) == status


@pytest.mark.parametrize(
    ("keys", "note"),
    [
        (None, ""),
        (InstanceKeys("key", made_at=MADE, origin="rotated"), ""),
        (
            InstanceKeys("key", made_at=MADE, origin="replaced"),
            "the key was replaced at 2025-03-03T12:00:00Z, because the Secret had been deleted",
        ),
        (InstanceKeys("key", origin="replaced"), "the key was replaced at an unknown time, because the Secret had been deleted"),
    ],
    ids=["none", "rotated", "replaced", "replaced, time lost"],
)
def test_only_a_lost_key_is_noted(keys: InstanceKeys | None, note: str) -> None:
    assert replacement_note(keys) == note
