"""A spec that slipped through the schema: its owner is told, and nobody else notices."""

from typing import Any

import pytest

from tests.harness.waiting import until
from tests.operator.handlers.api_server import ApiServer
from tests.operator.handlers.instances import apply, brought_about, condition, owned_by

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("operator")]


@pytest.mark.parametrize(
    ("member", "value"),
    [("capacity", "much"), ("capacity", {"redis": "1Gi"}), ("ingress", ["example.com"]), ("maxmemory", "2Gi")],
    ids=["text", "object", "list", "contradiction"],
)
async def test_it_is_told_and_other_instances_go_on(api_server: ApiServer, member: str, value: Any) -> None:
    objects = api_server.objects
    instance, other = apply(objects, **{member: value}), apply(objects, "other")
    await until(lambda: condition(objects, instance, "Degraded"), what="the news")
    degraded = condition(objects, instance, "Degraded")
    assert (degraded["status"], degraded["reason"]) == ("True", "InvalidSpec")
    assert degraded["message"].startswith(f"spec.{member}: ")
    await brought_about(objects, other)
    assert owned_by(objects, instance) == []


async def test_a_spec_that_is_mended_is_brought_about(api_server: ApiServer) -> None:
    instance = apply(api_server.objects, capacity="much")
    await until(lambda: condition(api_server.objects, instance, "Degraded"), what="the news")
    api_server.objects.edit(instance, {"spec": {"capacity": "1Gi"}})
    await brought_about(api_server.objects, instance)


async def test_children_of_a_spec_that_is_spoilt_stay_as_they_were(api_server: ApiServer) -> None:
    objects = api_server.objects
    instance = apply(objects)
    await brought_about(objects, instance)
    before = [objects[child] for child in owned_by(objects, instance)]
    objects.edit(instance, {"spec": {"capacity": "much"}})
    await until(lambda: condition(objects, instance, "Degraded")["status"] == "True", what="the news")
    assert [objects[child] for child in owned_by(objects, instance)] == before
