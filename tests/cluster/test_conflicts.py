"""Instances that want the path or the host of another one, and a child's name that is taken by a foreign object."""

import httpx
import pytest

from tests.cluster.gateway import key_of, status_with, wait_until_ready, write
from tests.harness.cluster import READY_SECONDS, Namespace, condition, instance, is_ready
from tests.harness.operator import Operator

SOON = 15


def wait_for_conflict(namespace: Namespace, name: str, reason: str) -> str:
    """Wait until an instance has RouteConflict for a reason, and return the message."""
    body = namespace.wait_for(
        "redishttpinstance", name, lambda body: condition(body, "RouteConflict")[:2] == ("True", reason), limit_seconds=SOON, what=reason
    )
    return condition(body, "RouteConflict")[2]


def test_the_older_keeps_the_path_and_it_passes_on_some_time_after_that_one_went(
    operator: Operator, cluster: Namespace, neighbour: Namespace
) -> None:
    cluster.apply(instance("shared"))
    url = wait_until_ready(cluster, "shared")
    neighbour.apply(instance("shared"))
    younger = wait_for_conflict(neighbour, "shared", "PathTaken")
    assert f"{cluster.name}/shared" in younger
    assert neighbour.get("ingress", "shared") is None
    assert status_with(url, key_of(cluster, "shared")) in (200, 404)

    cluster("delete", "redishttpinstance", "shared")
    assert cluster.name in wait_for_conflict(neighbour, "shared", "PathHeldBack")
    assert neighbour.get("ingress", "shared") is None
    # Its own namespace has it back at once.
    cluster.apply(instance("shared"))
    wait_for_conflict(neighbour, "shared", "PathTaken")
    assert wait_until_ready(cluster, "shared") == url

    cluster("delete", "redishttpinstance", "shared")
    assert wait_until_ready(neighbour, "shared") == url
    assert condition(neighbour.get("redishttpinstance", "shared") or {}, "RouteConflict")[0] == "False"
    assert operator.running


@pytest.mark.parametrize("routing", ["Ingress", "HTTPRoute"])
def test_the_name_that_clients_use_cannot_be_taken_from_another_namespace(
    operator: Operator, cluster: Namespace, neighbour: Namespace, routing: str
) -> None:
    name, host = f"victim-{routing.lower()}", f"{routing.lower()}.{cluster.name}.example.com"
    cluster.apply(instance(name, routing=routing))
    url = wait_until_ready(cluster, name)
    key = key_of(cluster, name)
    write(url, key, "mine")
    # An ingress controller makes one virtual host of that name, which has none of the paths without a host.
    attackers = {name: "PathTaken", f"{name}-2": "HostTaken"}
    neighbour.apply(*(instance(attacker, routing=routing, ingress={"host": host}) for attacker in attackers))
    for attacker, reason in attackers.items():
        message = wait_for_conflict(neighbour, attacker, reason)
        assert cluster.name in message
        assert "KUBEREDIS_" in message
        assert neighbour.get(routing.lower(), attacker) is None
    body = cluster.get("redishttpinstance", name) or {}
    assert is_ready(body)
    assert condition(body, "RouteConflict")[0] == "False"
    answer = httpx.get(f"{url}/keys/greeting", headers={"Host": host, "Authorization": f"Bearer {key}"})
    assert (answer.status_code, answer.json()) == (200, {"key": "greeting", "value": "mine"})
    assert operator.running


def test_a_child_s_name_that_is_taken_is_left_alone_and_said(operator: Operator, cluster: Namespace) -> None:
    foreign = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "taken-config"}, "data": {"mine": "1"}}
    cluster.apply(foreign)
    before = cluster.get("configmap", "taken-config")
    cluster.apply(instance("taken"))
    body = cluster.wait_for(
        "redishttpinstance", "taken", lambda body: condition(body, "NameConflict")[0] == "True", limit_seconds=SOON, what="in conflict"
    )
    assert "ConfigMap taken-config" in condition(body, "NameConflict")[2]
    assert condition(body, "Ready")[0] == "False"
    assert cluster.get("configmap", "taken-config") == before
    assert operator.running


def test_an_instance_without_a_route_is_ready_and_has_none(operator: Operator, cluster: Namespace) -> None:
    cluster.apply(instance("inside", ingress={"enabled": False}))
    body = cluster.wait_for(
        "redishttpinstance", "inside", lambda body: condition(body, "Ready")[0] == "True", limit_seconds=READY_SECONDS, what="ready"
    )
    assert "url" not in body["status"]
    assert cluster.get("ingress", "inside") is None
    assert cluster.get("service", "inside-http") is not None
    assert operator.running
