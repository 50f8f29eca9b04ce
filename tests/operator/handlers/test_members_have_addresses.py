"""Each of three members has a Service, and its address is in what the members mount; an address stays, also if the Service does not."""

import pytest

from kuberedis_core import members
from kuberedis_operator.resources.kinds import CONFIG_MAP, DISRUPTION_BUDGET, NETWORK_POLICY, SERVICE, STATEFUL_SET
from tests.harness.waiting import until
from tests.operator.handlers.api_server import ApiServer
from tests.operator.handlers.instances import NAMESPACE, apply, condition, owned_by
from tests.operator.handlers.objects import ObjectKey, Objects
from tests.operator.handlers.running import Operator

pytestmark = pytest.mark.anyio

CONFIG = ObjectKey(CONFIG_MAP, NAMESPACE, "my-cache-config")
SERVICES = [ObjectKey(SERVICE, NAMESPACE, f"my-cache-{ordinal}") for ordinal in range(3)]
BUDGET = ObjectKey(DISRUPTION_BUDGET, NAMESPACE, "my-cache")


def told(objects: Objects) -> list[str]:
    """The addresses that members are told; none while there is no such file."""
    text = objects[CONFIG]["data"].get("members.json") if CONFIG in list(objects) else None
    return [member.host for member in members.load(text)] if text else []


def had(objects: Objects) -> list[str]:
    """The addresses of the Services."""
    return [objects[key]["spec"]["clusterIP"] for key in SERVICES if key in list(objects)]


async def rendered(objects: Objects) -> ObjectKey:
    """An instance whose members have their Services, and are told of them."""
    instance = apply(objects, replicas=3)
    await until(lambda: len(told(objects)) == 3, what="members.json")
    return instance


async def test_members_are_told_the_addresses_of_their_services(api_server: ApiServer, operator: Operator) -> None:
    objects = api_server.objects
    instance = await rendered(objects)
    assert told(objects) == had(objects)
    first = owned_by(objects, instance)
    assert first[:3] == SERVICES
    addresses = had(objects)
    await operator.reconcile_again(instance)
    assert had(objects) == addresses


async def test_a_service_that_is_made_again_has_its_former_address(api_server: ApiServer, operator: Operator) -> None:
    objects = api_server.objects
    instance = await rendered(objects)
    addresses = had(objects)
    objects.delete(SERVICES[1])
    await until(lambda: SERVICES[1] in list(objects), what="the Service")
    await operator.reconcile_again(instance)
    assert had(objects) == told(objects) == addresses


async def test_members_are_told_another_address_if_somebody_took_the_former_one(api_server: ApiServer, operator: Operator) -> None:
    objects = api_server.objects
    instance = await rendered(objects)
    before = had(objects)
    # Both happen before the operator hears of the first.
    other = {"metadata": {"namespace": NAMESPACE, "name": "other"}, "spec": {"clusterIP": before[1]}}
    objects.delete(SERVICES[1])
    objects.create(SERVICE, {"apiVersion": "v1", "kind": "Service", **other})
    await until(lambda: len(had(objects)) == 3, what="the Service")
    await until(lambda: told(objects) == had(objects), what="what members are told")
    assert (had(objects)[0], had(objects)[2]) == (before[0], before[2])
    assert had(objects)[1] != before[1]
    await operator.reconcile_again(instance)
    assert told(objects) == had(objects)


async def test_without_all_addresses_no_member_is_told_anything(api_server: ApiServer, operator: Operator) -> None:
    objects = api_server.objects
    foreign = {"apiVersion": "v1", "kind": "Service", "metadata": {"namespace": NAMESPACE, "name": "my-cache-1"}, "spec": {"ports": []}}
    before = objects.create(SERVICE, foreign)
    instance = apply(objects, replicas=3)
    await until(lambda: condition(objects, instance, "NameConflict").get("status") == "True", what="the condition")
    assert "Service my-cache-1" in condition(objects, instance, "NameConflict")["message"]
    assert objects[SERVICES[1]] == before
    assert not any(key.kind in (STATEFUL_SET, CONFIG_MAP, NETWORK_POLICY) for key in owned_by(objects, instance))
    objects.delete(SERVICES[1])
    await operator.reconcile_again(instance)
    await until(lambda: told(objects) == had(objects) != [], what="what members are told")


async def test_one_member_has_neither(api_server: ApiServer, operator: Operator) -> None:
    objects = api_server.objects
    instance = apply(objects)
    await until(lambda: ObjectKey(STATEFUL_SET, NAMESPACE, "my-cache") in owned_by(objects, instance), what="the StatefulSet")
    await operator.reconcile_again(instance)
    assert not {*SERVICES, BUDGET} & {*objects}
