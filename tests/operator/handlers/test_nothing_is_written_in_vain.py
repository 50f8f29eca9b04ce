"""What is as it should be is not written, and what is gone is left alone."""

import kmock
import pytest

from kuberedis_operator.resources.kinds import STATEFUL_SET
from tests.operator.handlers.api_server import ApiServer
from tests.operator.handlers.instances import apply, children_of, serving
from tests.operator.handlers.objects import ObjectKey, Objects
from tests.operator.handlers.running import Operator

pytestmark = pytest.mark.anyio


async def test_a_second_look_writes_nothing(api_server: ApiServer, operator: Operator) -> None:
    instance = apply(api_server.objects)
    await serving(api_server.objects, instance)
    writes = len(api_server.writes())
    await operator.look_again(instance)
    assert api_server.writes()[writes:] == []


async def test_a_restart_writes_nothing(api_server: ApiServer) -> None:
    async with Operator(api_server):
        instances = [apply(api_server.objects, name) for name in ("one", "two", "three")]
        for instance in instances:
            await serving(api_server.objects, instance)
    writes = len(api_server.writes())
    async with Operator(api_server) as operator:
        await operator.look_after(len(instances) - 1)
        for instance in instances:
            await operator.look_again(instance)
    assert api_server.writes()[writes:] == []


async def test_a_restart_that_is_shown_the_children_late_writes_nothing(api_server: ApiServer) -> None:
    async with Operator(api_server):
        await serving(api_server.objects, apply(api_server.objects))
    writes = len(api_server.writes())
    lists = api_server[kmock.action.LIST, kmock.resource("v1/configmaps")]
    lists[len(lists) : len(lists) + 2] << 503
    async with Operator(api_server) as operator:
        await operator.look_after(0)
    assert api_server.writes()[writes:] == []


async def test_an_instance_that_is_deleted_stays_so(api_server: ApiServer, operator: Operator) -> None:
    objects = api_server.objects
    instance, other = await _two(objects)
    writes = len(api_server.writes())
    objects.delete(instance)
    await operator.look_again(other)
    objects.edit(children_of(instance)[-1], {"spec": {"rules": []}})
    await operator.look_again(other)
    objects.collect_garbage()
    await operator.look_again(other)
    assert api_server.writes()[writes:] == []
    assert not set(objects) & {instance, *children_of(instance)}


async def test_an_instance_whose_deletion_nobody_told_stays_so(api_server: ApiServer, operator: Operator) -> None:
    objects = api_server.objects
    instance, other = await _two(objects)
    writes = len(api_server.writes())
    objects.delete(instance)
    # A list has no word of it, so that a child that is missing is the first that is heard.
    objects.forget_history()
    await _lose(objects, ObjectKey(STATEFUL_SET, instance.namespace, instance.name), operator)
    objects.collect_garbage()
    await operator.look_again(other)
    assert api_server.writes()[writes:] == []


async def test_an_instance_that_is_on_its_way_out_loses_its_children(api_server: ApiServer, operator: Operator) -> None:
    objects = api_server.objects
    instance, other = await _two(objects)
    objects.edit(instance, {"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z", "finalizers": ["foregroundDeletion"]}})
    await operator.look_again(other)
    writes = len(api_server.writes())
    for child in children_of(instance):
        await _lose(objects, child, operator)
    assert api_server.writes()[writes:] == []


async def _two(objects: Objects) -> tuple[ObjectKey, ObjectKey]:
    """An instance that shall go, and one that stays and is looked at meanwhile."""
    instance, other = apply(objects), apply(objects, "other")
    await serving(objects, instance)
    await serving(objects, other)
    return instance, other


async def _lose(objects: Objects, child: ObjectKey, operator: Operator) -> None:
    """Delete a child, and wait for the look that this causes."""
    looks = operator.looks()
    objects.delete(child)
    await operator.look_after(looks)
