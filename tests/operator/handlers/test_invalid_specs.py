"""A spec that the schema accepted and the operator cannot read: its status says so, and no other instance is affected."""

from typing import Any

import pytest

from tests.harness.waiting import until
from tests.operator.handlers.api_server import ApiServer
from tests.operator.handlers.instances import applied, apply, condition, owned_by

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("operator")]


@pytest.mark.parametrize(
    ("member", "value"),
    [("capacity", "much"), ("capacity", {"redis": "1Gi"}), ("ingress", ["example.com"]), ("maxmemory", "2Gi")],
    ids=["text", "object", "list", "contradiction"],
)
async def test_it_is_reported_and_other_instances_are_reconciled(api_server: ApiServer, member: str, value: Any) -> None:
    objects = api_server.objects
    instance, other = apply(objects, **{member: value}), apply(objects, "other")
    await until(lambda: condition(objects, instance, "Degraded"), what="the status")
    degraded = condition(objects, instance, "Degraded")
    assert (degraded["status"], degraded["reason"]) == ("True", "InvalidSpec")
    assert degraded["message"].startswith(f"spec.{member}: ")
    await applied(objects, other)
    assert owned_by(objects, instance) == []


async def test_a_spec_that_is_fixed_is_applied(api_server: ApiServer) -> None:
    instance = apply(api_server.objects, capacity="much")
    await until(lambda: condition(api_server.objects, instance, "Degraded"), what="the status")
    api_server.objects.edit(instance, {"spec": {"capacity": "1Gi"}})
    await applied(api_server.objects, instance)


async def test_children_of_an_instance_whose_spec_becomes_invalid_stay(api_server: ApiServer) -> None:
    objects = api_server.objects
    instance = apply(objects)
    await applied(objects, instance)
    before = [objects[child] for child in owned_by(objects, instance)]
    objects.edit(instance, {"spec": {"capacity": "much"}})
    await until(lambda: condition(objects, instance, "Degraded")["status"] == "True", what="the status")
    assert [objects[child] for child in owned_by(objects, instance)] == before
