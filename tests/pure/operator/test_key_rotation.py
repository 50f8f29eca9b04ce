"""Key rotation, from the present Secret and the annotations to the next Secret."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kuberedis_core.crd.names import ROTATE_KEY, ROTATE_KEY_GRACE
from kuberedis_operator.errors import InvalidAnnotation
from kuberedis_operator.instance.key_rotation import first_keys, next_keys
from kuberedis_operator.resources.secret import InstanceKeys, read
from kuberedis_operator.status.key_status import rotation_status

NOW = datetime(2025, 3, 3, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def secret(keys: InstanceKeys) -> dict[str, Any]:
    data = {"api_key": keys.key} | ({"api_key_previous": keys.previous} if keys.previous else {})
    return {
        "metadata": {"annotations": keys.annotations()},
        "data": {name: base64.b64encode(value.encode()).decode() for name, value in data.items()},
    }


def test_a_new_key_is_random_and_has_256_bits() -> None:
    keys = {first_keys({}, NOW, replaces=False).key for _ in range(50)}
    assert len(keys) == 50
    assert all(len(base64.urlsafe_b64decode(key + "=")) == 32 for key in keys)


def test_without_a_request_nothing_changes() -> None:
    current = first_keys({}, NOW, replaces=False)
    assert next_keys(current, {}, NOW + 100 * HOUR, HOUR) == current


def test_a_request_gives_a_new_key_and_keeps_the_old_one_for_the_default_grace() -> None:
    current = first_keys({}, NOW, replaces=False)
    rotated = next_keys(current, {ROTATE_KEY: "one"}, NOW, HOUR)
    assert rotated.key != current.key
    assert (rotated.previous, rotated.previous_expires_at) == (current.key, NOW + HOUR)


def test_a_request_is_handled_once_even_after_a_restart() -> None:
    rotated = next_keys(first_keys({}, NOW, replaces=False), {ROTATE_KEY: "one"}, NOW, HOUR)
    remembered = read(secret(rotated))
    assert remembered == rotated
    assert next_keys(rotated, {ROTATE_KEY: "one"}, NOW, HOUR) == rotated


def test_another_request_rotates_again() -> None:
    rotated = next_keys(first_keys({}, NOW, replaces=False), {ROTATE_KEY: "one"}, NOW, HOUR)
    again = next_keys(rotated, {ROTATE_KEY: "two"}, NOW, HOUR)
    assert again.previous == rotated.key


def test_the_old_key_ends_with_its_grace() -> None:
    rotated = next_keys(first_keys({}, NOW, replaces=False), {ROTATE_KEY: "one"}, NOW, HOUR)
    annotations = {ROTATE_KEY: "one"}
    assert next_keys(rotated, annotations, NOW + HOUR - timedelta(seconds=1), HOUR).previous is not None
    ended = next_keys(rotated, annotations, NOW + HOUR, HOUR)
    assert (ended.key, ended.previous, ended.previous_expires_at) == (rotated.key, None, None)


@pytest.mark.parametrize(
    ("text", "grace"), [("30m", timedelta(minutes=30)), ("1h30m", timedelta(minutes=90)), ("90s", timedelta(seconds=90))]
)
def test_the_grace_can_be_chosen(text: str, grace: timedelta) -> None:
    rotated = next_keys(first_keys({}, NOW, replaces=False), {ROTATE_KEY: "one", ROTATE_KEY_GRACE: text}, NOW, HOUR)
    assert rotated.previous_expires_at == NOW + grace


def test_a_grace_of_zero_ends_the_old_key_at_once() -> None:
    rotated = next_keys(first_keys({}, NOW, replaces=False), {ROTATE_KEY: "one", ROTATE_KEY_GRACE: "0s"}, NOW, HOUR)
    assert rotated.previous is None


@pytest.mark.parametrize("text", ["soon", "-1h", "", "1 hour"])
def test_a_grace_that_is_no_duration_is_refused_with_what_to_write(text: str) -> None:
    with pytest.raises(InvalidAnnotation, match="write for example 1h, 30m or 0s"):
        next_keys(first_keys({}, NOW, replaces=False), {ROTATE_KEY: "one", ROTATE_KEY_GRACE: text}, NOW, HOUR)


def test_a_replaced_key_fulfils_a_pending_request_too() -> None:
    made = first_keys({ROTATE_KEY: "one"}, NOW, replaces=True)
    assert next_keys(made, {ROTATE_KEY: "one"}, NOW, HOUR) == made
    assert rotation_status(made)["rotatedAt"] == "2025-03-03T12:00:00Z"


@pytest.mark.parametrize("data", [None, {}, {"api_key": ""}, {"api_key": "*"}, {"other": "YQ=="}])
def test_a_secret_without_a_usable_key_counts_as_none(data: dict[str, str] | None) -> None:
    assert read({"metadata": {}, "data": data}) is None


def test_the_status_never_holds_a_key() -> None:
    rotated = next_keys(first_keys({}, NOW, replaces=False), {ROTATE_KEY: "one"}, NOW, HOUR)
    shown = repr((rotation_status(rotated), rotated.annotations()))
    assert rotated.key not in shown
    assert rotated.previous is not None
    assert rotated.previous not in shown
