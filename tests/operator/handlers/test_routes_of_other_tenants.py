"""One tenant asks for what another has: that one keeps its route, and the first is told why, also after a restart of the operator."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from kuberedis_operator.resources.kinds import CONFIG_MAP, HTTP_ROUTE, INGRESS, INSTANCE
from tests.harness.waiting import until
from tests.operator.handlers.api_server import ApiServer
from tests.operator.handlers.instances import condition
from tests.operator.handlers.objects import ObjectKey, Objects
from tests.operator.handlers.running import Operator
from tests.operator.rendering import GATEWAY, SETTINGS, body, settings

pytestmark = pytest.mark.anyio

HOST = "redis.example.com"
ALIASES = {"KUBEREDIS_ALLOWED_ROUTE_ANNOTATIONS": "external-dns.alpha.kubernetes.io/*"}
ROUTES = {"Ingress": INGRESS, "HTTPRoute": HTTP_ROUTE}


@pytest.fixture(params=ROUTES)
def routing(request: pytest.FixtureRequest) -> str:
    """The kind of route that the operator makes."""
    return str(request.param)


@pytest.fixture
async def objects(api_server: ApiServer, routing: str) -> AsyncIterator[Objects]:
    """Objects that an operator reconciles."""
    async with Operator(api_server, settings(**GATEWAY | ALIASES | {"KUBEREDIS_ROUTING": routing})):
        yield api_server.objects


def apply(objects: Objects, namespace: str, name: str, **spec: Any) -> ObjectKey:
    """Create an instance in a namespace."""
    objects.create(INSTANCE, body({"capacity": "1Gi", **spec}, namespace=namespace, name=name))
    return ObjectKey(INSTANCE, namespace, name)


def has_route(objects: Objects, instance: ObjectKey, routing: str) -> bool:
    """Whether there is an Ingress or HTTPRoute for an instance."""
    return objects.get(ObjectKey(ROUTES[routing], instance.namespace, instance.name)) is not None


async def routed(objects: Objects, instance: ObjectKey, routing: str) -> None:
    """Wait until an instance has its route."""
    await until(lambda: has_route(objects, instance, routing), what=f"the route of {instance.namespace}/{instance.name}")


async def in_conflict(objects: Objects, instance: ObjectKey, reason: str) -> str:
    """Wait until an instance has RouteConflict for a reason, and return the message."""
    await until(lambda: condition(objects, instance, "RouteConflict").get("reason") == reason, what=f"{instance.namespace} for {reason}")
    return str(condition(objects, instance, "RouteConflict")["message"])


@pytest.mark.parametrize(
    ("name", "ingress", "reason"),
    [
        ("cache", {"host": HOST}, "PathTaken"),
        ("other", {"host": HOST}, "HostTaken"),
        ("other", {"annotations": {"external-dns.alpha.kubernetes.io/hostname": HOST}}, "HostTaken"),
    ],
    ids=["name", "host", "annotation"],
)
async def test_a_host_that_would_hide_another_tenants_instances_is_refused(
    objects: Objects, routing: str, name: str, ingress: dict[str, Any], reason: str
) -> None:
    team = apply(objects, "team-a", "cache")
    await routed(objects, team, routing)
    evil = apply(objects, "evil", name, ingress=ingress)
    message = await in_conflict(objects, evil, reason)
    assert "team-a" in message
    assert "KUBEREDIS_" in message
    assert not has_route(objects, evil, routing)
    assert has_route(objects, team, routing)
    assert condition(objects, team, "RouteConflict")["status"] == "False"


async def test_a_host_that_an_instance_adds_later_is_refused_and_taken_back(objects: Objects, routing: str) -> None:
    team, evil = apply(objects, "team-a", "cache"), apply(objects, "evil", "other")
    await routed(objects, team, routing)
    await routed(objects, evil, routing)
    objects.edit(evil, {"spec": {"ingress": {"host": HOST}}})
    await in_conflict(objects, evil, "HostTaken")
    await until(lambda: not has_route(objects, evil, routing), what="the end of its route")
    objects.edit(evil, {"spec": {"ingress": {"host": None}}})
    await routed(objects, evil, routing)


@pytest.mark.parametrize("kind", ROUTES)
async def test_a_host_of_a_route_that_is_no_instances_is_refused(api_server: ApiServer, kind: str) -> None:
    objects, route = api_server.objects, ROUTES[kind]
    spec = {"hostnames": [HOST]} if route == HTTP_ROUTE else {"rules": [{"host": HOST}]}
    objects.create(route, {"apiVersion": route.api_version, "kind": kind, "metadata": {"namespace": "shop", "name": "front"}, "spec": spec})
    async with Operator(api_server):
        assert "shop" in await in_conflict(objects, apply(objects, "evil", "cache", ingress={"host": HOST}), "HostTaken")


async def test_a_host_that_the_settings_give_to_a_namespace_is_for_that_one_only(api_server: ApiServer) -> None:
    objects = api_server.objects
    async with Operator(api_server, settings(KUBEREDIS_HOSTS="team-a=*.a.example.com")):
        own = apply(objects, "team-a", "cache", ingress={"host": "cache.a.example.com"})
        await routed(objects, own, "Ingress")
        evil = apply(objects, "evil", "cache", ingress={"host": "more.a.example.com"})
        assert "evil=more.a.example.com" in await in_conflict(objects, evil, "HostNotAllowed")


async def test_a_path_that_became_free_is_held_back_also_while_no_operator_runs(api_server: ApiServer) -> None:
    objects = api_server.objects
    async with Operator(api_server):
        team = apply(objects, "team-a", "cache")
        await routed(objects, team, "Ingress")
    objects.delete(team)
    objects.collect_garbage()
    evil = apply(objects, "evil", "cache")
    async with Operator(api_server):
        assert "team-a" in await in_conflict(objects, evil, "PathHeldBack")
        again = apply(objects, "team-a", "cache")
        await routed(objects, again, "Ingress")
        await in_conflict(objects, evil, "PathTaken")


async def test_what_is_recorded_of_routes_is_of_the_operators_namespace_and_of_no_instance(objects: Objects, routing: str) -> None:
    await routed(objects, apply(objects, "team-a", "cache"), routing)
    records = ObjectKey(CONFIG_MAP, SETTINGS.own_namespace, "kuberedis-routes-team-a")
    assert list(objects[records]["data"]) == ["cache"]
    assert "ownerReferences" not in objects[records]["metadata"]
