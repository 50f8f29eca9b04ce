"""Memory that follows from the capacity follows from the size that the volume has, which may be less than requested."""

import json

import pytest

from kuberedis_core.crd.names import claim_labels
from kuberedis_operator.resources.kinds import CLAIM, CONFIG_MAP, INSTANCE
from tests.harness.waiting import until
from tests.operator.handlers.api_server import ApiServer
from tests.operator.handlers.instances import NAMESPACE, applied, apply, condition
from tests.operator.handlers.objects import ObjectKey, Objects
from tests.operator.handlers.running import Operator

pytestmark = pytest.mark.anyio

MIB = 2**20


def make_claim(objects: Objects, instance: ObjectKey, has: str) -> ObjectKey:
    """The claim of an instance, bound to a volume in a class that cannot expand."""
    claim = ObjectKey(CLAIM, NAMESPACE, f"data-{instance.name}-0")
    metadata = {"namespace": NAMESPACE, "name": claim.name, "labels": claim_labels(instance.name)}
    if objects.get(claim) is None:
        objects.create(CLAIM, {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata})
    bound = {"spec": {"resources": {"requests": {"storage": has}}}, "status": {"phase": "Bound", "capacity": {"storage": has}}}
    objects.edit(claim, bound)
    return claim


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
