"""kopf leaves no trace: it reads, and only the operator's own code writes."""

import kmock
import pytest

from kuberedis_core.crd.names import FIELD_MANAGER
from kuberedis_operator.resources.kinds import CORE_EVENT, INSTANCE
from tests.harness.waiting import until
from tests.operator.handlers.api_server import ApiServer
from tests.operator.handlers.instances import applied, apply
from tests.operator.handlers.running import Operator

pytestmark = pytest.mark.anyio


async def test_kopf_reads_and_never_writes(api_server: ApiServer, operator: Operator) -> None:
    objects = api_server.objects
    instance = apply(objects)
    await applied(objects, instance)
    await operator.reconcile_again(instance)
    objects.edit(instance, {"spec": {"maxmemory": "256Mi"}})
    await until(lambda: objects[instance]["status"]["observedGeneration"] == 2)
    objects.edit(instance, {"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z", "finalizers": ["foregroundDeletion"]}})
    other = apply(objects, "other")
    await applied(objects, other)
    metadata = objects[instance]["metadata"]
    assert (set(metadata["annotations"]), metadata["finalizers"]) == ({"touched-at"}, ["foregroundDeletion"])
    assert not {"annotations", "finalizers"} & set(objects[other]["metadata"])
    assert {request.method.value for request in api_server if "kopf" in request.headers["User-Agent"]} == {"GET"}
    assert {request.headers["User-Agent"] for request in api_server if request.method != "GET"} == {FIELD_MANAGER}
    of_instances = api_server[kmock.resource(f"{INSTANCE.api_version}/{INSTANCE.plural}")]
    assert {request.subresource for request in of_instances if request.method != "GET"} == {"status"}
    assert [key for key in objects if key.kind == CORE_EVENT] == []
