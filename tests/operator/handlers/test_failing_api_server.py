"""An API server that fails or refuses: what can be written is written, and the rest as soon as possible."""

import asyncio

import kmock
import pytest

from kuberedis_core.api_kind import Kind
from kuberedis_operator.resources.kinds import CHILDREN, INGRESS, INSTANCE, STATEFUL_SET
from tests.harness.waiting import until
from tests.operator.handlers.api_server import ApiServer
from tests.operator.handlers.instances import applied, apply, children_of, condition, owned_by, serving

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("operator")]


@pytest.fixture
def trouble() -> asyncio.Event:
    """While it is set, requests get the response of the test."""
    trouble = asyncio.Event()
    trouble.set()
    return trouble


@pytest.mark.parametrize("status", [429, 503])
async def test_a_write_that_is_not_served_is_retried(api_server: ApiServer, trouble: asyncio.Event, status: int) -> None:
    refused = api_server[kmock.method.PATCH][trouble] << status
    instance = apply(api_server.objects)
    await until(lambda: len(refused) > 1, what="a second try")
    assert owned_by(api_server.objects, instance) == []
    trouble.clear()
    await applied(api_server.objects, instance)


@pytest.mark.parametrize("status", [429, 503])
async def test_watches_that_are_not_served_are_opened_again(api_server: ApiServer, trouble: asyncio.Event, status: int) -> None:
    instance = apply(api_server.objects)
    await serving(api_server.objects, instance)
    refused = api_server[trouble] << status
    # Watches last until their connections break.
    api_server.cut()
    api_server.restore()
    api_server.objects.delete(children_of(instance)[-1])
    other = apply(api_server.objects, "other")
    await until(lambda: {"kopf", "kube"} <= {request.headers["User-Agent"][:4] for request in refused}, what="tries to watch")
    trouble.clear()
    await applied(api_server.objects, instance)
    await applied(api_server.objects, other)


async def test_connections_that_break_during_a_write_are_opened_again(api_server: ApiServer) -> None:
    # The StatefulSet is written, and the response is lost.
    api_server[kmock.method.PATCH, _kind(STATEFUL_SET)] >> api_server.cut
    instance = apply(api_server.objects)
    await until(lambda: api_server.refused > 1, what="tries to connect")
    other = apply(api_server.objects, "other")
    api_server.restore()
    await applied(api_server.objects, instance)
    await applied(api_server.objects, other)
    assert owned_by(api_server.objects, instance) == children_of(instance)


async def test_a_refused_child_stops_no_other_child_and_the_status_says_why(api_server: ApiServer, trouble: asyncio.Event) -> None:
    message = "ingresses.networking.k8s.io is forbidden: quota exceeded"
    api_server[kmock.method.PATCH, _kind(INGRESS)][trouble] << kmock.KubernetesError(403, "Forbidden", message)
    instance = apply(api_server.objects)
    await until(lambda: condition(api_server.objects, instance, "Degraded").get("status") == "True", what="the status")
    degraded = condition(api_server.objects, instance, "Degraded")
    assert (degraded["reason"], degraded["message"]) == ("ApplyFailed", f"Ingress my-cache: {message}")
    assert owned_by(api_server.objects, instance) == [key for key in children_of(instance) if key.kind != INGRESS]
    trouble.clear()
    await applied(api_server.objects, instance)


async def test_nothing_is_lost_when_the_history_has_expired(api_server: ApiServer) -> None:
    objects = api_server.objects
    instance = apply(objects)
    await serving(objects, instance)
    lists = len(api_server[kmock.action.LIST])
    # Before a watch can send an event it has to respond 410 Gone.
    objects.delete(children_of(instance)[-1])
    other = apply(objects, "other")
    objects.forget_history()
    await applied(objects, instance)
    await applied(objects, other)
    everything = {kind.path(None) for kind in (INSTANCE, *CHILDREN)}
    await until(lambda: {request.url.path for request in list(api_server[kmock.action.LIST])[lists:]} == everything, what="new lists")


def _kind(kind: Kind) -> kmock.resource:
    return kmock.resource(f"{kind.api_version}/{kind.plural}")
