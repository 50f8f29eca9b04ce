"""With its NetworkPolicy, as by default, an instance works, and nobody but its members reaches Redis and Sentinel."""

import socket
from collections.abc import Iterator

import pytest

from kuberedis_core.crd.ports import REDIS_PORT, SENTINEL_PORT
from tests.cluster.ha.instance import INGRESS, SETTLED_SECONDS, HaInstance
from tests.cluster.usage import manifests
from tests.harness.cluster import Namespace, condition
from tests.harness.objects import Objects

_LIMIT_SECONDS = 2


@pytest.fixture
def guarded(namespace: Namespace, objects: Objects) -> Iterator[HaInstance]:
    """An instance with a NetworkPolicy."""
    instance = HaInstance("guarded", namespace, objects)
    namespace.apply(manifests.instance(instance.name, replicas=3))
    yield instance
    namespace("delete", "redishttpinstance", instance.name)


def test_only_members_reach_each_other(guarded: HaInstance, namespace: Namespace) -> None:
    namespace.wait_for(
        "redishttpinstance",
        guarded.name,
        lambda body: condition(body, "Replicated")[0] == condition(body, "Ready")[0] == "True",
        limit_seconds=SETTLED_SECONDS,
        what="ready and replicated",
    )
    with guarded.writers(INGRESS) as record:
        record.wait_for_acknowledgements(INGRESS)
    for pod in guarded.pods().values():
        for port in (REDIS_PORT, SENTINEL_PORT):
            with pytest.raises(TimeoutError):
                socket.create_connection((pod["status"]["podIP"], port), timeout=_LIMIT_SECONDS)
