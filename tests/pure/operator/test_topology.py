"""The topology of an instance: what its builders and its status agree on."""

from typing import Any

import pytest

from kuberedis_core.crd.names import pod_names
from kuberedis_operator.resources import statefulset
from kuberedis_operator.topology.members import members_of
from kuberedis_operator.topology.topology import topology_of
from tests.operator.rendering import GATEWAY, SETTINGS, instance, settings, topology

MIB = 2**20


def test_an_instance_has_one_member() -> None:
    (member,) = topology(instance()).members
    assert (member.ordinal, member.pod_name, member.claim_name) == (0, "my-cache-0", "data-my-cache-0")


def test_a_member_without_persistence_has_no_claim() -> None:
    assert [member.claim_name for member in members_of(instance(persistence="none"))] == [None]


@pytest.mark.parametrize("replicas", [1, 3])
def test_members_are_the_pods_that_the_core_names(replicas: int) -> None:
    assert [member.pod_name for member in members_of(instance(replicas=replicas))] == pod_names("my-cache", replicas)


def test_members_reach_each_other_at_the_addresses_of_their_services() -> None:
    found = topology_of(instance(replicas=3), SETTINGS)
    assert [member.service for member in found.members] == ["my-cache-0", "my-cache-1", "my-cache-2"]
    assert found.addresses == ()
    assert found.with_addresses({"my-cache-0": "10.96.0.1", "my-cache-2": "10.96.0.3"}).addresses == ()
    found = found.with_addresses({f"my-cache-{ordinal}": f"10.96.0.{ordinal}" for ordinal in range(3)})
    assert [(each.name, each.host, each.redis_port, each.sentinel_port) for each in found.addresses] == [
        (f"my-cache-{ordinal}", f"10.96.0.{ordinal}", 6379, 26379) for ordinal in range(3)
    ]


def test_a_member_on_its_own_has_no_address() -> None:
    found = topology(instance()).with_addresses({"my-cache-0": "10.96.0.1"})
    assert [(member.service, member.address) for member in found.members] == [(None, None)]
    assert found.addresses == ()


@pytest.mark.parametrize("replicas", [1, 3])
def test_a_stateful_set_has_a_pod_for_each_member(replicas: int) -> None:
    assert statefulset.build(topology(instance(replicas=replicas)))["spec"]["replicas"] == replicas


def test_names_follow_from_the_name_of_the_instance() -> None:
    found = topology(instance(name="a"))
    assert (found.headless_service, found.http_service, found.secret, found.config_map) == ("a-headless", "a-http", "a-auth", "a-config")


@pytest.mark.parametrize(
    ("spec", "volume_bytes", "maxmemory"),
    [
        ({}, None, 512 * MIB),
        ({}, 1024 * MIB, 512 * MIB),
        ({}, 2048 * MIB, 512 * MIB),
        ({}, 640 * MIB, 320 * MIB),
        ({"maxmemory": "600Mi"}, 640 * MIB, 600 * MIB),
    ],
    ids=["no volume yet", "as wanted", "larger", "smaller", "memory of the spec"],
)
def test_memory_follows_from_the_volume_that_exists(spec: dict[str, Any], volume_bytes: int | None, maxmemory: int) -> None:
    found = topology_of(instance(**spec), SETTINGS, volume_bytes=volume_bytes)
    assert found.spec.maxmemory == maxmemory
    assert found.memory_limit > maxmemory
    assert found.spec.capacity == 1024 * MIB


@pytest.mark.parametrize(
    ("spec", "version", "image"),
    [
        ({}, "8", "docker.io/library/redis:8"),
        ({"version": "valkey-8.1"}, "valkey-8.1", "docker.io/valkey/valkey:8.1"),
        ({"image": "registry.example.com/redis:8.2"}, "registry.example.com/redis:8.2", "registry.example.com/redis:8.2"),
    ],
)
def test_version_and_image_follow_from_the_spec(spec: dict[str, Any], version: str, image: str) -> None:
    found = topology(instance(**spec))
    assert (found.version, found.redis_image) == (version, image)


def test_base_path_and_route_are_of_the_template() -> None:
    found = topology(instance(), settings(KUBEREDIS_PATH_TEMPLATE="/v1/{namespace}/{name}"))
    assert found.base_path == "/v1/team-a/my-cache"
    assert found.route is not None
    assert found.route.claim.path == "/v1/team-a/my-cache"


def test_the_base_path_is_served_without_a_route_too() -> None:
    found = topology(instance(ingress={"enabled": False}))
    assert (found.route, found.base_path) == (None, "/instances/my-cache")


def test_namespaces_of_clients_are_sorted_and_include_that_of_the_gateway() -> None:
    variables = {"KUBEREDIS_INGRESS_NAMESPACES": "nginx", "KUBEREDIS_MONITORING_NAMESPACES": "metrics,nginx"}
    assert topology(instance(), settings(**variables, **GATEWAY)).client_namespaces == ("metrics", "nginx", "projectcontour")


@pytest.mark.parametrize(
    ("spec", "volume"),
    [
        ({}, (1024 * MIB, None, "Retain")),
        ({"capacity": "2Gi", "storageClassName": "fast", "deletionPolicy": "Delete"}, (2048 * MIB, "fast", "Delete")),
        ({"persistence": "rdb"}, (1024 * MIB, None, "Retain")),
        ({"persistence": "none"}, None),
    ],
)
def test_the_volume_of_each_member_follows_from_the_spec(spec: dict[str, Any], volume: tuple[int, str | None, str] | None) -> None:
    found = topology(instance(**spec)).volume
    assert (None if found is None else (found.capacity, found.storage_class_name, found.deletion_policy)) == volume
