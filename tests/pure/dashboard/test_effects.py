"""What a change does, in the words of the form; whether Redis restarts is what the operator's own hash says."""

from typing import Any

import pytest

from kuberedis_dashboard.views.effects import effects_of
from tests.operator.rendering import body


def weights(before: dict[str, Any], after: dict[str, Any], status: dict[str, Any] | None = None) -> list[str]:
    """The weights of all effects of a change; both specs have a capacity of 1Gi unless they say otherwise."""
    instance = {**body({"capacity": "1Gi", **before}), "status": status or {}}
    return [effect.weight for effect in effects_of(instance, {"capacity": "1Gi", **before, **after})]


@pytest.mark.parametrize(
    "change",
    [
        {"evictionPolicy": "allkeys-lru"},
        {"maxmemory": "256Mi"},
        {"capacity": "2Gi"},
        {"persistence": "rdb"},
        {"config": {"hz": "50"}},
        {"ingress": {"enabled": False}},
        {"paused": True},
        {"deletionPolicy": "Delete"},
    ],
)
@pytest.mark.parametrize("replicas", [1, 3])
def test_what_changes_while_redis_runs_restarts_nothing(change: dict[str, Any], replicas: int) -> None:
    found = weights({"replicas": replicas}, change)
    assert found
    assert "restart" not in found


@pytest.mark.parametrize("change", [{"version": "8.2"}, {"config": {"tcp-backlog": "300"}}, {"limits": {"maxTokenSeconds": 60}}])
@pytest.mark.parametrize("replicas", [1, 3])
def test_what_only_a_restart_changes_is_told(change: dict[str, Any], replicas: int) -> None:
    assert "restart" in weights({"replicas": replicas}, change)


def test_version_that_runs_already_restarts_nothing() -> None:
    assert "restart" not in weights({}, {"version": "8.2"}, {"version": "8.2"})
    assert "restart" in weights({}, {"version": "8.2"}, {"version": "8.1"})


@pytest.mark.parametrize(
    ("was", "becomes", "is_dangerous"),
    [("8", "8.2", False), ("8.2", "8", False), ("8", "7.4", True), ("7.2", "valkey-8", True), ("valkey-8", "valkey-9", False)],
)
def test_version_that_cannot_read_the_data_is_told(was: str, becomes: str, is_dangerous: bool) -> None:
    assert ("danger" in weights({"version": was}, {"version": becomes})) is is_dangerous


@pytest.mark.parametrize(
    ("before", "change", "words"),
    [
        ({"persistence": "none"}, {"version": "8.2"}, "begins empty"),
        ({}, {"replicas": 3}, "the first pod restarts once"),
        ({"replicas": 3}, {"replicas": 1}, "a lost node is an outage"),
        ({}, {"maxmemory": "2Mi"}, "writes fail with status 507"),
        ({"evictionPolicy": "allkeys-lru"}, {"maxmemory": "2Mi"}, "keys are evicted"),
        ({}, {"evictionPolicy": "allkeys-lru"}, "deletes keys instead of refusing writes"),
        ({}, {"persistence": "rdb"}, "since the last snapshot"),
        ({}, {"deletionPolicy": "Delete"}, "deletes its data too"),
        ({}, {"ingress": {"host": "a.example.com"}}, "Its URL changes"),
        ({"replicas": 3}, {"version": "9"}, "one after the other"),
        ({"paused": True}, {"capacity": "2Gi"}, "before Paused is off again"),
    ],
)
def test_consequence_is_told(before: dict[str, Any], change: dict[str, Any], words: str) -> None:
    spec = {"capacity": "1Gi", **before}
    assert any(words in effect.text for effect in effects_of(body(spec), {**spec, **change}))


def test_nothing_is_told_of_a_spec_that_cannot_be_used() -> None:
    assert effects_of(body({"capacity": "1Gi"}), {"capacity": "large"}) == ()
    assert effects_of(body({"capacity": "1Gi"}), {"capacity": "1Gi"}) == ()
