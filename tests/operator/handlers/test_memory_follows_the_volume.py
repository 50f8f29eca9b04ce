"""Memory that follows from the capacity follows from the size that the volume has, which may be less than requested."""

import json
from typing import Any

import pytest

from kuberedis_core.crd.names import FIELD_MANAGER
from kuberedis_operator.resources.kinds import CLAIM, CONFIG_MAP, INSTANCE
from tests.harness.waiting import until
from tests.operator.handlers.api_server import ApiServer
from tests.operator.handlers.instances import NAMESPACE, applied, apply, condition
from tests.operator.handlers.objects import ObjectKey, Objects
from tests.operator.handlers.running import Operator

pytestmark = pytest.mark.anyio

MIB = 2**20


def make_claim(objects: Objects, instance: ObjectKey, has: str) -> ObjectKey:
    """The claim of an instance, as the StatefulSet and a provisioner make it, in a class that cannot expand."""
    name = f"data-{instance.name}-0"
    labels = {"app.kubernetes.io/managed-by": FIELD_MANAGER, "app.kubernetes.io/instance": instance.name}
    body: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"namespace": NAMESPACE, "name": name, "labels": labels},
        "spec": {"resources": {"requests": {"storage": has}}},
        "status": {"phase": "Bound", "capacity": {"storage": has}},
    }
    objects.create(CLAIM, body)
    return ObjectKey(CLAIM, NAMESPACE, name)


def maxmemory(objects: Objects, instance: ObjectKey) -> int:
    """The `maxmemory` of Redis' live settings."""
    live = objects[ObjectKey(CONFIG_MAP, NAMESPACE, f"{instance.name}-config")]["data"]["live.json"]
    return int(json.loads(live)["maxmemory"])


async def test_memory_grows_when_the_volume_has_grown(api_server: ApiServer, operator: Operator) -> None:
    objects = api_server.objects
    instance = apply(objects)
    await applied(objects, instance)
    claim = make_claim(objects, instance, "1280Mi")
    await until(lambda: objects[instance]["status"]["capacity"] == "1280Mi", what="the size of the volume")
    assert maxmemory(objects, instance) == 512 * MIB

    objects.edit(instance, {"spec": {"capacity": "2Gi"}})
    await until(lambda: condition(objects, instance, "StorageResizing").get("reason") == "ExpansionNotSupported", what="a refusal")
    await operator.reconcile_again(instance)
    assert maxmemory(objects, instance) == 640 * MIB
    assert objects[instance]["status"]["maxmemory"] == "640Mi"

    objects.edit(claim, {"spec": {"resources": {"requests": {"storage": "2Gi"}}}, "status": {"capacity": {"storage": "2Gi"}}})
    await until(lambda: maxmemory(objects, instance) == 1024 * MIB, what="more memory")


@pytest.mark.usefixtures("operator")
async def test_memory_of_the_spec_is_applied_at_once(api_server: ApiServer) -> None:
    objects = api_server.objects
    instance = apply(objects)
    await applied(objects, instance)
    make_claim(objects, instance, "512Mi")
    await until(lambda: maxmemory(objects, instance) == 256 * MIB, what="less memory")
    objects.edit(instance, {"spec": {"maxmemory": "600Mi"}})
    await until(lambda: maxmemory(objects, instance) == 600 * MIB, what="more memory")


async def test_a_leftover_claim_is_ignored_without_persistence(api_server: ApiServer, operator: Operator) -> None:
    objects = api_server.objects
    make_claim(objects, ObjectKey(INSTANCE, NAMESPACE, "my-cache"), "64Mi")
    instance = apply(objects, persistence="none")
    await applied(objects, instance)
    await operator.reconcile_again(instance)
    assert maxmemory(objects, instance) == 512 * MIB
