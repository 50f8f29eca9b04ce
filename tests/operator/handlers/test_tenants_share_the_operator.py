"""A tenant whose instances change all the time does not keep the operator from serving the others."""

import asyncio
import time
from functools import partial

import pytest

from kuberedis_operator.resources.kinds import CONFIG_MAP, INSTANCE
from tests.harness.waiting import until
from tests.operator.handlers.api_server import ApiServer
from tests.operator.handlers.instances import applied, apply, children_of, owned_by
from tests.operator.handlers.objects import ObjectKey, Objects
from tests.operator.handlers.running import Operator
from tests.operator.rendering import body

pytestmark = [pytest.mark.anyio, pytest.mark.serial]

_FLOODING = 60
_SECONDS = 8.0
"""More than the second of the bar: this API server runs in the process, and so in the time, of the operator."""


async def test_a_new_instance_gets_its_children_while_another_namespace_floods(api_server: ApiServer, operator: Operator) -> None:
    objects = api_server.objects
    instances = [apply(objects, f"flood-{number}") for number in range(_FLOODING)]
    for instance in instances:
        await applied(objects, instance)
    flood = [asyncio.create_task(_edit_without_end(objects, instance)) for instance in instances]
    try:
        before = operator.reconciles()
        await until(lambda: operator.reconciles() > before + _FLOODING, what="the flood")
        created = time.monotonic()
        objects.create(INSTANCE, body({"capacity": "1Gi"}, namespace="team-b", name="new"))
        new = ObjectKey(INSTANCE, "team-b", "new")
        await until(lambda: len(owned_by(objects, new)) == len(children_of(new)), what="the children of a new instance")
        assert time.monotonic() - created < _SECONDS
    finally:
        for task in flood:
            task.cancel()


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
