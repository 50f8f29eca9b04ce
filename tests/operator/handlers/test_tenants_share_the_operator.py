"""A tenant whose instances change all the time does not keep the operator from serving the others."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

import kmock
import pytest

from kuberedis_operator.resources.kinds import CONFIG_MAP, INSTANCE
from tests.harness.waiting import until
from tests.operator.handlers.api_server import ApiServer
from tests.operator.handlers.instances import NAMESPACE, applied, apply, children_of, owned_by
from tests.operator.handlers.objects import ObjectKey, Objects
from tests.operator.handlers.running import Operator
from tests.operator.rendering import SETTINGS, body

pytestmark = pytest.mark.anyio

_FLOODING = 60


async def test_a_new_instance_gets_its_children_while_another_namespace_floods(api_server: ApiServer, operator: Operator) -> None:
    objects = api_server.objects
    instances = [apply(objects, f"flood-{number}") for number in range(_FLOODING)]
    for instance in instances:
        await applied(objects, instance)
    flood = [asyncio.create_task(_edit_without_end(objects, instance)) for instance in instances]
    try:
        before = operator.reconciles()
        await until(lambda: operator.reconciles() > before + _FLOODING, limit_seconds=60, what="the flood")
        before = operator.reconciles()
        objects.create(INSTANCE, body({"capacity": "1Gi"}, namespace="team-b", name="new"))
        new = ObjectKey(INSTANCE, "team-b", "new")
        await until(lambda: len(owned_by(objects, new)) == len(children_of(new)), limit_seconds=60, what="the children of a new instance")
        # Time says little here, where the API server runs in the process of the operator.
        assert operator.reconciles() - before < 3 * _FLOODING
    finally:
        for task in flood:
            task.cancel()


async def test_a_namespace_whose_writes_hang_leaves_workers_to_the_others(api_server: ApiServer, operator: Operator) -> None:
    objects, webhook = api_server.objects, asyncio.Event()
    hanging = api_server[kmock.method.PATCH, kmock.namespace(NAMESPACE)] << _hang_until(webhook)
    try:
        for number in range(4 * SETTINGS.api_concurrency):
            apply(objects, f"slow-{number}")
        await until(lambda: len(hanging) >= SETTINGS.api_concurrency * 3 // 4, what="writes that hang")
        objects.create(INSTANCE, body({"capacity": "1Gi"}, namespace="team-b", name="new"))
        new = ObjectKey(INSTANCE, "team-b", "new")
        await until(lambda: len(owned_by(objects, new)) == len(children_of(new)), what="the children of a new instance")
    finally:
        webhook.set()
    assert operator.reconciles("fault") == 0


def _hang_until(webhook: asyncio.Event) -> Callable[[], Awaitable[None]]:
    """A reaction to a request that is as slow as an admission webhook that does not answer."""

    async def react() -> None:
        await webhook.wait()
        raise kmock.KubernetesError(503, "ServiceUnavailable", "the webhook does not answer")

    return react


async def _edit_without_end(objects: Objects, instance: ObjectKey) -> None:
    """Edit an instance again whenever its last edit has reached its ConfigMap, as fast as the operator allows."""
    config_map = ObjectKey(CONFIG_MAP, instance.namespace, f"{instance.name}-config")
    number = 100
    while True:
        number += 1
        objects.edit(instance, {"spec": {"config": {"slowlog-max-len": str(number)}}})
        await until(partial(_holds, objects, config_map, str(number)), limit_seconds=60, what=f"edit {number}")


def _holds(objects: Objects, config_map: ObjectKey, text: str) -> bool:
    return text in objects[config_map]["data"]["redis.conf"]
