"""An instance has its children, whoever deletes or changes one."""

from typing import Any

import pytest

from kuberedis_core.body import Body
from kuberedis_core.crd.names import FIELD_MANAGER
from kuberedis_operator.resources.kinds import CLAIM, CONFIG_MAP, INGRESS, INSTANCE, NETWORK_POLICY, SECRET, SERVICE, STATEFUL_SET
from tests.harness.waiting import until
from tests.operator.handlers.api_server import APPLY, ApiServer
from tests.operator.handlers.instances import NAMESPACE, applied, apply, children_of, condition, owned_by, serving
from tests.operator.handlers.objects import ObjectKey
from tests.operator.handlers.running import Operator
from tests.operator.rendering import SETTINGS

MY_CACHE = ObjectKey(INSTANCE, NAMESPACE, "my-cache")
EDITS: list[tuple[ObjectKey, Body]] = [
    (ObjectKey(SECRET, NAMESPACE, "my-cache-auth"), {"type": "kubernetes.io/tls"}),
    (ObjectKey(CONFIG_MAP, NAMESPACE, "my-cache-config"), {"data": {"redis.conf": "port 1"}}),
    (ObjectKey(NETWORK_POLICY, NAMESPACE, "my-cache"), {"spec": {"ingress": [{}]}}),
    (ObjectKey(SERVICE, NAMESPACE, "my-cache-http"), {"spec": {"selector": {"app.kubernetes.io/instance": "another"}}}),
    (ObjectKey(STATEFUL_SET, NAMESPACE, "my-cache"), {"spec": {"replicas": 3}}),
    (ObjectKey(INGRESS, NAMESPACE, "my-cache"), {"spec": {"rules": []}}),
]

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("operator")]


async def test_an_instance_gets_every_child_and_a_status(api_server: ApiServer) -> None:
    instance = apply(api_server.objects)
    await applied(api_server.objects, instance)
    assert owned_by(api_server.objects, instance) == children_of(instance)
    status = api_server.objects[instance]["status"]
    assert (status["observedGeneration"], status["secretName"], status["maxmemory"]) == (1, "my-cache-auth", "512Mi")
    assert condition(api_server.objects, instance, "Ready")["message"] == "the pod is starting"


async def test_every_child_is_applied_once_and_names_its_owner(api_server: ApiServer) -> None:
    instance = apply(api_server.objects)
    await applied(api_server.objects, instance)
    *children, status = api_server.writes()
    *first, stateful_set, ingress = children_of(instance)
    claim = ObjectKey(CLAIM, NAMESPACE, "data-my-cache-0")
    assert [request.url.path for request in children] == [_path(key) for key in (*first, claim, stateful_set, ingress)]
    assert status.url.path == instance.kind.path(NAMESPACE, "my-cache", "status")
    for request in (*children, status):
        assert request.method == "PATCH"
        assert request.headers["Content-Type"] == APPLY
        assert request.params["fieldManager"] == FIELD_MANAGER
    for request in (each for each in children if each.url.path != _path(claim)):
        (owner,) = request.data["metadata"]["ownerReferences"]
        assert (owner["kind"], owner["name"], owner["controller"]) == ("RedisHttpInstance", "my-cache", True)
        assert owner["uid"] == api_server.objects[instance]["metadata"]["uid"]


async def test_an_instance_serves_once_its_pod_and_its_route_do(api_server: ApiServer) -> None:
    instance = apply(api_server.objects)
    await serving(api_server.objects, instance)
    assert api_server.objects[instance]["status"]["url"] == "http://192.0.2.1/instances/my-cache"


async def test_a_change_of_a_spec_reaches_the_children(api_server: ApiServer) -> None:
    instance = apply(api_server.objects)
    await applied(api_server.objects, instance)
    before = api_server.objects[ObjectKey(CONFIG_MAP, NAMESPACE, "my-cache-config")]["data"]
    api_server.objects.edit(instance, {"spec": {"maxmemory": "256Mi"}})
    await until(lambda: api_server.objects[instance]["status"]["observedGeneration"] == 2)
    assert api_server.objects[instance]["status"]["maxmemory"] == "256Mi"
    assert api_server.objects[ObjectKey(CONFIG_MAP, NAMESPACE, "my-cache-config")]["data"] != before


@pytest.mark.parametrize("child", children_of(MY_CACHE), ids=str)
async def test_a_deleted_child_is_created_again(api_server: ApiServer, operator: Operator, child: ObjectKey) -> None:
    instance = apply(api_server.objects)
    await serving(api_server.objects, instance)
    await operator.reconcile_again(instance)
    api_server.objects.delete(child)
    await applied(api_server.objects, instance)


@pytest.mark.parametrize(("child", "edit"), EDITS, ids=[str(child) for child, _ in EDITS])
async def test_an_edited_child_is_restored(api_server: ApiServer, operator: Operator, child: ObjectKey, edit: Body) -> None:
    instance = apply(api_server.objects)
    await serving(api_server.objects, instance)
    await operator.reconcile_again(instance)
    before = _content(api_server.objects[child])
    api_server.objects.edit(child, edit)
    assert _content(api_server.objects[child]) != before
    await until(lambda: _content(api_server.objects[child]) == before, what=f"{child.kind.kind} as it was")


def _content(body: Body) -> Any:
    return {**body, "metadata": {name: value for name, value in body["metadata"].items() if name not in ("resourceVersion", "generation")}}


async def test_an_edit_just_before_the_status_is_written_is_reconciled(
    api_server: ApiServer, operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    objects = api_server.objects
    instance = apply(objects)
    await serving(objects, instance)
    await operator.reconcile_again(instance)

    def edit_first(key: ObjectKey, name: str, value: Body) -> Body:
        monkeypatch.undo()
        with monkeypatch.context() as unheard:
            # The watch delivers both changes only after the response to the second.
            unheard.setattr(objects, "wake", lambda: None)
            objects.edit(key, {"spec": {"maxmemory": "600Mi"}})
            return objects.set_member(key, name, value)

    monkeypatch.setattr(objects, "set_member", edit_first)
    reconciles = operator.reconciles()
    objects.edit(instance, {"spec": {"maxmemory": "500Mi"}})
    await operator.wait_for_reconcile(reconciles)
    objects.wake()
    config_map = ObjectKey(CONFIG_MAP, instance.namespace, f"{instance.name}-config")
    await until(lambda: str(600 * 2**20) in objects[config_map]["data"]["live.json"], what="the later edit")


async def test_an_edit_does_not_wait_for_many_instances_applied_before(api_server: ApiServer, operator: Operator) -> None:
    edited = apply(api_server.objects)
    await serving(api_server.objects, edited)
    await operator.reconcile_again(edited)
    many = [apply(api_server.objects, f"many-{number}") for number in range(4 * SETTINGS.api_concurrency)]
    api_server.objects.edit(edited, {"spec": {"maxmemory": "256Mi"}})
    await applied(api_server.objects, many[-1], limit_seconds=30)
    paths = [request.url.path for request in api_server.writes()]
    last_write = len(paths) - 1 - paths[::-1].index(_path(ObjectKey(CONFIG_MAP, edited.namespace, f"{edited.name}-config")))
    assert last_write < paths.index(_path(children_of(many[-SETTINGS.api_concurrency])[0]))


def _path(key: ObjectKey) -> str:
    return key.kind.path(key.namespace, key.name)
