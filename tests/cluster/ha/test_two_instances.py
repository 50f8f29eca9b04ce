"""Instances do not meet: not when their members swap addresses, and not with each other's certificates."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kuberedis_core.crd.names import member_service_name
from kuberedis_core.crd.ports import REDIS_PORT, SENTINEL_PORT
from tests.cluster.ha.instance import HaInstance
from tests.cluster.ha.tls_client import ask, own_pair
from tests.cluster.ha.writers import client_of
from tests.cluster.usage.installation import Operator
from tests.cluster.usage.steadiness import assert_stays
from tests.harness.cluster import Namespace
from tests.harness.objects import Body

_STAYS_SECONDS = 15
_OF_THE_CLUSTER = {"clusterIP", "clusterIPs"}


@pytest.fixture(scope="module")
def neighbours(create: Callable[..., HaInstance], namespace: Namespace) -> Iterator[tuple[HaInstance, HaInstance]]:
    """Two instances, each with a key that tells whose it is."""
    both = create("left"), create("right")
    for instance in both:
        _write(instance, "whose", instance.name)
    yield both
    namespace("delete", "redishttpinstance", *(instance.name for instance in both))


def test_members_that_swap_addresses_do_not_join(
    neighbours: tuple[HaInstance, HaInstance], operator: Operator, namespace: Namespace
) -> None:
    left, right = neighbours
    names = [member_service_name(instance.name, int(instance.primary()[-1])) for instance in neighbours]
    with operator.stopped():
        _swap_addresses(namespace, *names)
        assert_stays(
            lambda: _keys(left) <= {"whose", "left"} and _keys(right) <= {"whose", "right"},
            seconds=_STAYS_SECONDS,
            what="each with its own keys only",
        )
        namespace("delete", "service", *names)
    for instance in neighbours:
        instance.wait_until_settled()
        assert _read(instance, "whose") == instance.name
        _write(instance, instance.name, "goes on")


@pytest.mark.parametrize("port", [REDIS_PORT, SENTINEL_PORT])
def test_certificate_of_another_instance_opens_nothing(neighbours: tuple[HaInstance, HaInstance], port: int, tmp_path: Path) -> None:
    left, right = neighbours
    assert ask(left, port, own_pair(left), tmp_path)
    assert ask(left, port, own_pair(right), tmp_path) == b""


def _swap_addresses(namespace: Namespace, one: str, other: str) -> None:
    services = [namespace.get("service", name) for name in (one, other)]
    assert services[0] is not None
    assert services[1] is not None
    namespace("delete", "service", one, other)
    for service, address in ((services[0], services[1]), (services[1], services[0])):
        namespace.apply(_again(service, str(address["spec"]["clusterIP"])))


def _again(service: Body, address: str) -> Body:
    metadata = {key: service["metadata"].get(key) for key in ("name", "labels", "ownerReferences")}
    spec = {key: value for key, value in service["spec"].items() if key not in _OF_THE_CLUSTER}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {**spec, "clusterIP": address}}


def _keys(instance: HaInstance) -> set[str]:
    """The keys of all members of an instance, whatever role they have."""
    found: set[str] = set()
    for member in instance.names:
        keys = instance.redis(member, "KEYS", "*")
        assert isinstance(keys, list)
        found |= set(keys)
    return found


def _write(instance: HaInstance, key: str, value: str) -> None:
    target = instance.target(instance.primary())
    assert target is not None
    with client_of(target) as http:
        http.post(f"/keys/{key}", json={"value": value}).raise_for_status()


def _read(instance: HaInstance, key: str) -> str:
    target = instance.target(instance.primary())
    assert target is not None
    with client_of(target) as http:
        return str(http.get(f"/keys/{key}").raise_for_status().json()["value"])
