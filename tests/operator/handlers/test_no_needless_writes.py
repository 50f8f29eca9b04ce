"""Nothing is written that is as it should be already, or that belongs to a deleted instance."""

import kmock
import pytest

from kuberedis_operator.resources.kinds import STATEFUL_SET
from tests.operator.handlers.api_server import ApiServer
from tests.operator.handlers.instances import apply, children_of, serving
from tests.operator.handlers.objects import ObjectKey, Objects
from tests.operator.handlers.running import Operator

pytestmark = pytest.mark.anyio


async def test_a_second_reconcile_writes_nothing(api_server: ApiServer, operator: Operator) -> None:
    instance = apply(api_server.objects)
    await serving(api_server.objects, instance)
    writes = len(api_server.writes())
    await operator.reconcile_again(instance)
    assert api_server.writes()[writes:] == []


async def test_a_restart_writes_nothing(api_server: ApiServer) -> None:
    async with Operator(api_server):
        instances = [apply(api_server.objects, name) for name in ("one", "two", "three")]
        for instance in instances:
            await serving(api_server.objects, instance)
    writes = len(api_server.writes())
    async with Operator(api_server) as operator:
        await operator.wait_for_reconcile(len(instances) - 1)
        for instance in instances:
            await operator.reconcile_again(instance)
    assert api_server.writes()[writes:] == []


async def test_a_restart_that_lists_the_children_late_writes_nothing(api_server: ApiServer) -> None:
    async with Operator(api_server):
        await serving(api_server.objects, apply(api_server.objects))
    writes = len(api_server.writes())
    lists = api_server[kmock.action.LIST, kmock.resource("v1/configmaps")]
    lists[len(lists) : len(lists) + 2] << 503
    async with Operator(api_server) as operator:
        await operator.wait_for_reconcile(0)
    assert api_server.writes()[writes:] == []


async def test_a_deleted_instance_stays_deleted(api_server: ApiServer, operator: Operator) -> None:
    objects = api_server.objects
    instance, other = await _two(objects)
    writes = len(api_server.writes())
    objects.delete(instance)
    await operator.reconcile_again(other)
    objects.edit(children_of(instance)[-1], {"spec": {"rules": []}})
    await operator.reconcile_again(other)
    objects.collect_garbage()
    await operator.reconcile_again(other)
    assert api_server.writes()[writes:] == []
    assert not set(objects) & {instance, *children_of(instance)}


async def test_an_instance_whose_deletion_was_missed_stays_deleted(api_server: ApiServer, operator: Operator) -> None:
    objects = api_server.objects
    instance, other = await _two(objects)
    writes = len(api_server.writes())
    objects.delete(instance)
    # No watch delivers the deletion, so that a missing child is the first event.
    objects.forget_history()
    await _lose(objects, ObjectKey(STATEFUL_SET, instance.namespace, instance.name), operator)
    objects.collect_garbage()
    await operator.reconcile_again(other)
    assert api_server.writes()[writes:] == []


async def test_an_instance_that_is_being_deleted_loses_its_children(api_server: ApiServer, operator: Operator) -> None:
    objects = api_server.objects
    instance, other = await _two(objects)
    objects.edit(instance, {"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z", "finalizers": ["foregroundDeletion"]}})
    await operator.reconcile_again(other)
    writes = len(api_server.writes())
    for child in children_of(instance):
        await _lose(objects, child, operator)
    assert api_server.writes()[writes:] == []


async def _two(objects: Objects) -> tuple[ObjectKey, ObjectKey]:
    """An instance that will be deleted, and one that stays and is reconciled meanwhile."""
    instance, other = apply(objects), apply(objects, "other")
    await serving(objects, instance)
    await serving(objects, other)
    return instance, other


async def _lose(objects: Objects, child: ObjectKey, operator: Operator) -> None:
    """Delete a child, and wait for the reconcile that this causes."""
    reconciles = operator.reconciles()
    objects.delete(child)
    await operator.wait_for_reconcile(reconciles)
