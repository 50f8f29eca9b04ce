"""The runtime serves any kind: all that it needs to know is the kind, the kinds of its children, and a reconciler."""

import asyncio

import pytest
from kubernetes.aio.client import Configuration

from kuberedis_core.crd.names import FIELD_MANAGER, MANAGED_BY_LABEL, NamespacedName
from kuberedis_operator.resources.kinds import CONFIG_MAP, SECRET
from kuberedis_operator.runtime.api_client import ApiClient
from kuberedis_operator.runtime.controller import Controller
from kuberedis_operator.runtime.metrics import OperatorMetrics
from kuberedis_operator.runtime.object_store import ObjectStore
from kuberedis_operator.runtime.reconciler import Requeue
from kuberedis_operator.serving import work
from tests.harness.waiting import until
from tests.operator.handlers.api_server import ApiServer
from tests.operator.handlers.instances import NAMESPACE
from tests.operator.handlers.objects import ObjectKey
from tests.operator.rendering import SETTINGS

pytestmark = pytest.mark.anyio

OWNER = ObjectKey(CONFIG_MAP, NAMESPACE, "owner")


class Recorder:
    """A reconciler that records what it is called with."""

    def __init__(self) -> None:
        self.reconciled: list[NamespacedName] = []
        self.claimed: list[NamespacedName] = []

    async def prepare(self) -> None:
        """See `Reconciler`."""

    def update_claims(self, key: NamespacedName) -> set[NamespacedName]:
        """See `Reconciler`."""
        self.claimed.append(key)
        return set()

    async def reconcile(self, key: NamespacedName) -> Requeue:
        """See `Reconciler`."""
        self.reconciled.append(key)
        return Requeue()


async def test_an_object_is_reconciled_when_it_or_its_child_changes(api_server: ApiServer) -> None:
    objects, stop, metrics, recorder = api_server.objects, asyncio.Event(), OperatorMetrics(), Recorder()
    configuration = Configuration(host=str(api_server.url).rstrip("/"), client_session_kwargs={"trust_env": False})
    api = ApiClient(configuration, 2, metrics)
    store = ObjectStore(api, CONFIG_MAP, [SECRET], [], metrics)
    controller = Controller(store, recorder, metrics, workers=2, resync_seconds=300)
    running = asyncio.create_task(work(SETTINGS, [controller], configuration, stop))
    try:
        owner = objects.create(
            CONFIG_MAP, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"namespace": NAMESPACE, "name": OWNER.name}}
        )
        key = NamespacedName(NAMESPACE, OWNER.name)
        await until(lambda: recorder.reconciled, what="a reconcile of the new object")
        assert recorder.claimed[0] == key
        reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": OWNER.name, "uid": owner["metadata"]["uid"], "controller": True}
        labels = {MANAGED_BY_LABEL: FIELD_MANAGER}
        before = len(recorder.reconciled)
        objects.create(
            SECRET,
            {
                "apiVersion": "v1",
                "kind": "Secret",
                "metadata": {"namespace": NAMESPACE, "name": "child", "labels": labels, "ownerReferences": [reference]},
            },
        )
        await until(lambda: len(recorder.reconciled) > before, what="a reconcile after a change of the child")
        before = len(recorder.reconciled)
        objects.edit(OWNER, {"data": {"a": "b"}})
        await until(lambda: len(recorder.reconciled) > before, what="a reconcile after a change of the object")
        assert set(recorder.reconciled) == {key}
    finally:
        stop.set()
        await running
        await api.close()
