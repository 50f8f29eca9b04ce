"""A spec that asks for what the settings do not allow: its status names the setting, and the instance keeps what it has."""

import pytest

from kuberedis_operator.resources.kinds import INGRESS, STATEFUL_SET
from tests.harness.waiting import until
from tests.operator.handlers.api_server import ApiServer
from tests.operator.handlers.instances import NAMESPACE, applied, apply, condition, owned_by, serving
from tests.operator.handlers.objects import ObjectKey

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("operator")]


async def test_a_new_instance_gets_nothing_until_it_asks_for_less(api_server: ApiServer) -> None:
    objects = api_server.objects
    instance = apply(objects, podTemplate={"priorityClassName": "system-node-critical"})
    await until(lambda: condition(objects, instance, "Degraded").get("reason") == "NotAllowed", what="the refusal")
    assert "KUBEREDIS_ALLOWED_PRIORITY_CLASSES" in condition(objects, instance, "Degraded")["message"]
    assert owned_by(objects, instance) == []
    objects.edit(instance, {"spec": {"podTemplate": None}})
    await applied(objects, instance)


async def test_an_instance_that_asks_for_more_serves_as_before(api_server: ApiServer) -> None:
    objects = api_server.objects
    instance = apply(objects)
    await serving(objects, instance)
    keys = [ObjectKey(kind, NAMESPACE, instance.name) for kind in (STATEFUL_SET, INGRESS)]
    before = [objects[key] for key in keys]
    annotations = {"nginx.ingress.kubernetes.io/server-alias": "redis.example.com"}
    objects.edit(instance, {"spec": {"image": "registry.example.com/miner:1", "ingress": {"annotations": annotations}}})
    await until(lambda: condition(objects, instance, "Degraded").get("reason") == "NotAllowed", what="the refusal")
    assert condition(objects, instance, "Ready")["status"] == "True"
    assert [objects[key] for key in keys] == before
