"""Whatever a tenant writes into an instance or its children ends in a condition with a message, and never in an exception."""

import asyncio
import base64
import json
from typing import Any

import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st
from kubernetes.aio.client import Configuration

from kuberedis_core.body import Body
from kuberedis_core.crd.kind import GROUP
from kuberedis_core.crd.names import NamespacedName
from kuberedis_operator.instance.member_reports import MemberReports
from kuberedis_operator.instance.reconciler import InstanceReconciler
from kuberedis_operator.resources.kinds import CHILDREN, CLAIM, CONFIG_MAP, INSTANCE, SECRET, STATEFUL_SET
from kuberedis_operator.runtime.api_client import ApiClient
from kuberedis_operator.runtime.metrics import OperatorMetrics
from kuberedis_operator.runtime.object_store import ObjectStore
from kuberedis_operator.topology.route_hosts import HostIndex
from tests.operator.handlers.api_server import ApiServer
from tests.operator.handlers.instances import NAMESPACE, condition
from tests.operator.handlers.objects import ObjectKey
from tests.operator.rendering import SETTINGS, body
from tests.operator.test_whatever_is_accepted_renders import odd_specs, plausible_specs

pytestmark = pytest.mark.anyio

INSTANCE_KEY = ObjectKey(INSTANCE, NAMESPACE, "my-cache")
WILD = [
    "99999999h",
    "99999999999h",
    "-1h",
    "1e999h",
    "0s",
    "1..2h",
    "\u0661h",
    "\x00",
    "\n" * 40_000,
    "💥" * 50_000,
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "9999-12-31T23:59:59Z",
]
texts = st.sampled_from(WILD) | st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
ANNOTATIONS = ["rotate-key", "rotate-key-grace", "restart", "restart-request", "used-by", "restart-hash", "applied-hash", "refreshed-at"]
IN_THE_SECRET = ["previous-key-expires-at", "key-made-at", "key-made-because", "rotate-key-handled", "applied-hash"]
LABELS = ["app.kubernetes.io/instance", "app.kubernetes.io/managed-by", f"{GROUP}/instance"]
Texts = dict[str, str]


def named(names: list[str]) -> st.SearchStrategy[Texts]:
    """Annotations of the operator's own names, and others."""
    return st.dictionaries(st.sampled_from([f"{GROUP}/{name}" for name in names]) | st.just("mine"), texts, max_size=4)


tampering = st.fixed_dictionaries(
    {
        SECRET: st.fixed_dictionaries(
            {"metadata": st.fixed_dictionaries({"annotations": named(IN_THE_SECRET)})},
            optional={
                "data": st.dictionaries(
                    st.sampled_from(["api_key", "api_key_previous", "revoked"]),
                    texts.map(lambda text: base64.b64encode(text.encode()).decode()) | st.sampled_from(["é", "====", "/w=="]),
                )
            },
        ),
        CLAIM: st.fixed_dictionaries(
            {
                "metadata": st.fixed_dictionaries(
                    {"annotations": named(ANNOTATIONS), "labels": st.dictionaries(st.sampled_from(LABELS), texts | st.none())}
                )
            }
        ),
        STATEFUL_SET: st.fixed_dictionaries(
            {
                "metadata": st.fixed_dictionaries({"annotations": named(ANNOTATIONS)}),
                "spec": st.fixed_dictionaries({}, optional={"replicas": st.integers(0, 2**31 - 1), "volumeClaimTemplates": st.just([])}),
            }
        ),
        CONFIG_MAP: st.fixed_dictionaries({}, optional={"data": st.none() | st.dictionaries(texts, texts, max_size=2)}),
    }
)
CHILDREN_OF = {SECRET: "my-cache-auth", CLAIM: "data-my-cache-0", STATEFUL_SET: "my-cache", CONFIG_MAP: "my-cache-config"}


def as_stored(value: Any) -> Any:
    """A JSON value as an API server keeps it: a number of more than 64 bits is a float, and none is infinite."""

    def whole(text: str) -> int | float:
        return int(text) if -(2**63) <= int(text) < 2**63 else float(text)

    return json.loads(json.dumps(value), parse_int=whole, parse_constant=str)


class Reconciles:
    """Reconciles of one instance, each beginning with nothing in the API server.

    Args:
        api_server: the API server.
        api: a client of it.
    """

    def __init__(self, api_server: ApiServer, api: ApiClient) -> None:
        self._objects = api_server.objects
        self._api = api

    async def run(self, spec: Any, annotations: Texts, children: dict[Any, Body]) -> Body:
        """The status after the children were made, changed by others and reconciled twice."""
        for key in list(self._objects):
            self._objects.delete(key)
        metrics = OperatorMetrics()
        store = ObjectStore(self._api, INSTANCE, CHILDREN, [], metrics)
        reconciler = InstanceReconciler(self._api, store, SETTINGS, HostIndex(), MemberReports(metrics), metrics)
        await reconciler.prepare()
        made = body({}, namespace=NAMESPACE)
        self._objects.create(INSTANCE, {**made, "spec": as_stored(spec)})
        await self._reconcile(reconciler, store)
        self._objects.edit(INSTANCE_KEY, {"metadata": {"annotations": annotations}})
        for kind, change in children.items():
            child = ObjectKey(kind, NAMESPACE, CHILDREN_OF[kind])
            if self._objects.get(child) is not None:
                store.written(kind, self._objects.edit(child, change))
        for _ in range(2):
            await self._reconcile(reconciler, store)
        status: Body = self._objects[INSTANCE_KEY]["status"]
        return status

    async def _reconcile(self, reconciler: InstanceReconciler, store: ObjectStore) -> None:
        store.owners.put(self._objects[INSTANCE_KEY])
        key = NamespacedName(NAMESPACE, INSTANCE_KEY.name)
        reconciler.update_claims(key)
        await reconciler.reconcile(key)


@pytest.fixture
async def reconciles(api_server: ApiServer) -> Any:
    """Reconciles against an API server."""
    configuration = Configuration(host=str(api_server.url).rstrip("/"), client_session_kwargs={"trust_env": False})
    api = ApiClient(configuration, 2, OperatorMetrics())
    yield Reconciles(api_server, api)
    await api.close()


async def test_nothing_a_tenant_writes_is_a_fault(reconciles: Reconciles) -> None:
    loop = asyncio.get_running_loop()

    @settings(max_examples=25, phases=[Phase.explicit, Phase.generate])
    @given(plausible_specs | odd_specs, named(ANNOTATIONS), tampering)
    @example({"capacity": "1Gi"}, {f"{GROUP}/rotate-key": "1", f"{GROUP}/rotate-key-grace": "99999999h"}, {})
    @example({"capacity": "1Gi"}, {f"{GROUP}/rotate-key": "1", f"{GROUP}/rotate-key-grace": "x" * 200_000}, {})
    @example({"capacity": "1Gi"}, {}, {SECRET: {"metadata": {"annotations": {f"{GROUP}/previous-key-expires-at": WILD[10]}}}})
    def check(spec: Any, annotations: Texts, children: dict[Any, Body]) -> None:
        status = asyncio.run_coroutine_threadsafe(reconciles.run(spec, annotations, children), loop).result(20)
        for each in status["conditions"]:
            assert each["reason"] != "OperatorFault"
            assert each["message"].isprintable()
            assert len(each["message"]) <= 4096

    await asyncio.to_thread(check)


@pytest.mark.parametrize("grace", ["99999999h", "99999999999h", "-1h", "soon", "\x00"])
async def test_a_grace_that_cannot_be_is_told(reconciles: Reconciles, grace: str) -> None:
    annotations = {f"{GROUP}/rotate-key": "1", f"{GROUP}/rotate-key-grace": grace}
    status = await reconciles.run({"capacity": "1Gi"}, annotations, {})
    (problem,) = [each for each in status["conditions"] if each["type"] == "Degraded"]
    assert problem["reason"] == "InvalidAnnotation"
    assert "rotate-key-grace" in problem["message"]


async def test_a_fault_of_the_operator_is_told_as_well(
    reconciles: Reconciles, api_server: ApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("kuberedis_operator.instance.reconciler.topology_of", fail)
    with pytest.raises(ZeroDivisionError):
        await reconciles.run({"capacity": "1Gi"}, {}, {})
    problem = condition(api_server.objects, INSTANCE_KEY, "Degraded")
    assert (problem["status"], problem["reason"]) == ("True", "OperatorFault")
    assert "ZeroDivisionError" in problem["message"]
