"""The password of Redis, from the present Secret and the annotations to the next Secret."""

import base64
import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from kuberedis_core.crd.names import ROTATE_KEY, ROTATE_KEY_GRACE
from kuberedis_operator.instance.password_keeper import OVERLAP, next_password
from kuberedis_operator.resources.password_secret import RedisPassword, build, read
from tests.operator.rendering import instance, topology

NOW = datetime(2025, 3, 3, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
OLD = RedisPassword("old", request="one")
ROTATING = RedisPassword("new", previous="old", previous_expires_at=NOW + OVERLAP, request="two")


def members(password: RedisPassword) -> dict[str, str]:
    data = build(topology(instance()), password)["data"]
    return {name: base64.b64decode(value).decode() for name, value in data.items()}


@pytest.mark.parametrize(
    ("current", "annotations", "after", "expected"),
    [
        (OLD, {}, SECOND, OLD),
        (OLD, {ROTATE_KEY: "one"}, 100 * OVERLAP, OLD),
        (OLD, {ROTATE_KEY: "two"}, timedelta(0), ROTATING),
        (OLD, {ROTATE_KEY: "two", ROTATE_KEY_GRACE: "0s"}, timedelta(0), ROTATING),
        (OLD, {ROTATE_KEY: "two", ROTATE_KEY_GRACE: "soon"}, timedelta(0), ROTATING),
        (ROTATING, {ROTATE_KEY: "two"}, OVERLAP - SECOND, ROTATING),
        (ROTATING, {ROTATE_KEY: "two"}, OVERLAP, RedisPassword("new", request="two")),
        (replace(ROTATING, previous_expires_at=None), {ROTATE_KEY: "two"}, SECOND, RedisPassword("new", request="two")),
    ],
    ids=["kept", "handled", "rotated", "no grace", "absurd grace", "within the overlap", "after it", "overlap of unknown length"],
)
def test_the_next_password(current: RedisPassword, annotations: dict[str, str], after: timedelta, expected: RedisPassword) -> None:
    found = next_password(current, annotations, NOW + after)
    if expected is ROTATING and current is OLD:
        assert found.password not in ("old", "new")
        found = replace(found, password="new")  # noqa: S106 a placeholder
    assert found == expected


def test_the_first_password_is_random_and_has_fulfilled_a_pending_request() -> None:
    first = [next_password(None, {ROTATE_KEY: "one"}, NOW) for _ in range(20)]
    assert len({password.password for password in first}) == 20
    assert all(len(base64.urlsafe_b64decode(password.password + "=")) == 32 for password in first)
    assert next_password(first[0], {ROTATE_KEY: "one"}, NOW) == first[0]


@pytest.mark.parametrize("password", [OLD, ROTATING])
def test_a_secret_is_read_as_it_was_written(password: RedisPassword) -> None:
    assert read(build(topology(instance()), password)) == password


def test_redis_reads_hashes_of_the_valid_passwords() -> None:
    hashes = [f"#{hashlib.sha256(text.encode()).hexdigest()}" for text in ("new", "old")]
    assert members(ROTATING) == {
        "password": "new",
        "password_previous": "old",
        "users.conf": f"user default on resetpass {' '.join(hashes)} ~* &* +@all\n",
    }
    assert members(OLD)["password_previous"] == ""


def test_a_secret_without_a_password_holds_none() -> None:
    assert read({"metadata": {}, "data": {"password": "***"}}) is None
