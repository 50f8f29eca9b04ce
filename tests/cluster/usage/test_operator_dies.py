"""The operator is killed in the middle of its work, starts again, and completes it."""

import secrets
from collections.abc import Iterator

import pytest

from tests.cluster.usage import manifests
from tests.cluster.usage.installation import Operator
from tests.cluster.usage.instances import Tenant
from tests.harness.cluster import Namespace
from tests.harness.objects import CHILDREN, Objects
from tests.harness.waiting import wait_until

INSTANCES = 50


@pytest.fixture
def crowd(operator: Operator, objects: Objects) -> Iterator[Tenant]:
    """A namespace whose quota lets no pod in: what matters here are the objects."""
    del operator
    crowd = Tenant(Namespace(f"usage-crowd-{secrets.token_hex(3)}"), objects)
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "no-pods"}, "spec": {"hard": {"pods": "0"}}}
    crowd.kubectl.apply(manifests.namespace(crowd.namespace))
    crowd.kubectl.apply(quota)
    yield crowd
    crowd.delete()


def test_an_operator_killed_while_it_makes_fifty_instances_makes_them_all(operator: Operator, crowd: Tenant) -> None:
    names = [f"crowd-{number}" for number in range(INSTANCES)]
    restarts = operator.restarts()
    crowd.kubectl.apply(*(manifests.instance(name) for name in names))
    wait_until(lambda: keys(crowd), limit_seconds=30, what="the first Secret")
    operator.kill()
    before = keys(crowd)
    assert len(made(crowd)) < INSTANCES * children_of_one(), "it was too fast to be killed in the middle of it"
    wait_until(lambda: len(made(crowd)) == INSTANCES * children_of_one(), limit_seconds=60, what="all children of all instances")
    assert operator.restarts() == restarts + 1
    assert before.items() <= keys(crowd).items()
    assert all(len(crowd.objects.children(crowd.namespace, name)) == children_of_one() for name in names)


def children_of_one() -> int:
    """How many children an instance has."""
    return sum(len(names) for names in CHILDREN.values())


def made(crowd: Tenant) -> list[str]:
    """The uids of all children there are."""
    return [body["metadata"]["uid"] for kind in CHILDREN for body in crowd.objects.list(kind, crowd.namespace, part_of="kuberedis")]


def keys(crowd: Tenant) -> dict[str, str]:
    """The keys there are, by the names of their Secrets."""
    return {
        body["metadata"]["name"]: body["data"]["api_key"]
        for body in crowd.objects.list("Secret", crowd.namespace, part_of="kuberedis")
        if "api_key" in body["data"]
    }
