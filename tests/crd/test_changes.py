"""Which changes of an instance `kubectl apply` accepts, and why it refuses the others."""

import secrets
from collections.abc import Iterator

import pytest

from tests.cli.manifest_files import manifest
from tests.harness.kubectl import Kubectl

CHANGES: dict[str, tuple[dict[str, object], dict[str, object]]] = {
    "growth": ({}, {"capacity": "2Gi"}),
    "the same size in another unit": ({}, {"capacity": "1024Mi"}),
    "a smaller cache without a volume": ({"persistence": "none"}, {"persistence": "none", "capacity": "512Mi"}),
    "snapshots instead of an append-only file": ({"persistence": "aof"}, {"persistence": "rdb"}),
    "everything that is not about the volume": (
        {"storageClassName": "standard", "version": "8"},
        {
            "storageClassName": "standard",
            "version": "valkey-8",
            "maxmemory": "256Mi",
            "evictionPolicy": "allkeys-lfu",
            "deletionPolicy": "Delete",
            "paused": True,
            "routing": "HTTPRoute",
        },
    ),
}

REFUSED: dict[str, tuple[dict[str, object], dict[str, object], str]] = {
    "a smaller volume": (
        {},
        {"capacity": "1000Mi"},
        "spec.capacity: Invalid value: a volume cannot shrink: write 1Gi or more, or make a smaller instance of another name",
    ),
    "another class": (
        {"storageClassName": "slow"},
        {"storageClassName": "fast"},
        "spec.storageClassName: Invalid value: a volume stays in its class: write slow, or make an instance of another name",
    ),
    "a class where there was none": (
        {},
        {"storageClassName": "fast"},
        "spec.storageClassName: Invalid value: a volume stays in its class: leave storageClassName out, or make an instance",
    ),
    "no class where there was one": (
        {"storageClassName": "slow"},
        {},
        "spec.storageClassName: Invalid value: a volume stays in its class: write slow, or make an instance of another name",
    ),
    "no volume any more": (
        {},
        {"persistence": "none"},
        "spec.persistence: Invalid value: an instance keeps its volume, or keeps having none: write aof or rdb, or make an instance",
    ),
    "a volume where there was none": (
        {"persistence": "none"},
        {"persistence": "rdb"},
        "spec.persistence: Invalid value: an instance keeps its volume, or keeps having none: write none, or make an instance",
    ),
}


@pytest.fixture
def instance(kubectl: Kubectl) -> Iterator[str]:
    """The name of an instance that a test makes; it is deleted after it."""
    name = f"changes-{secrets.token_hex(3)}"
    yield name
    kubectl.out("delete", "rhi", name, "--wait=false")


@pytest.mark.parametrize("change", CHANGES)
def test_change_is_accepted(kubectl: Kubectl, instance: str, change: str) -> None:
    before, after = CHANGES[change]
    assert kubectl.apply(manifest(instance, **before)).returncode == 0
    changed = kubectl.apply(manifest(instance, **after))
    assert changed.returncode == 0, changed.stderr


@pytest.mark.parametrize("change", REFUSED)
def test_change_that_cannot_be_made_is_refused_with_advice(kubectl: Kubectl, instance: str, change: str) -> None:
    before, after, advice = REFUSED[change]
    assert kubectl.apply(manifest(instance, **before)).returncode == 0
    changed = kubectl.apply(manifest(instance, **after))
    assert changed.returncode == 1
    assert advice in changed.stderr
