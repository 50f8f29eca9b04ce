"""Two instances with the same path, and a child's name that is taken by a foreign object."""

from tests.cluster.gateway import key_of, status_with, wait_until_ready
from tests.harness.cluster import Namespace, condition, instance
from tests.harness.operator import Operator

SOON = 15


def test_the_older_keeps_the_path_and_it_passes_on_when_that_one_goes(operator: Operator, cluster: Namespace, neighbour: Namespace) -> None:
    cluster.apply(instance("shared"))
    url = wait_until_ready(cluster, "shared")
    neighbour.apply(instance("shared"))
    younger = neighbour.wait_for(
        "redishttpinstance", "shared", lambda body: condition(body, "RouteConflict")[0] == "True", limit_seconds=SOON, what="in conflict"
    )
    assert f"{cluster.name}/shared" in condition(younger, "RouteConflict")[2]
    assert neighbour.get("ingress", "shared") is None
    assert status_with(url, key_of(cluster, "shared")) in (200, 404)
    cluster("delete", "redishttpinstance", "shared")
    assert wait_until_ready(neighbour, "shared") == url
    assert condition(neighbour.get("redishttpinstance", "shared") or {}, "RouteConflict")[0] == "False"
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
        "redishttpinstance", "inside", lambda body: condition(body, "Ready")[0] == "True", limit_seconds=60, what="ready"
    )
    assert "url" not in body["status"]
    assert cluster.get("ingress", "inside") is None
    assert cluster.get("service", "inside-http") is not None
    assert operator.running
