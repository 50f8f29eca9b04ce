"""The password of Redis is made once, stays what it is, and rotates with the key; a Secret of somebody else is left alone."""

import base64

import pytest

from kuberedis_core.crd.names import ROTATE_KEY
from kuberedis_operator.resources.kinds import POD, SECRET, STATEFUL_SET
from tests.harness.waiting import until
from tests.operator.handlers.api_server import ApiServer
from tests.operator.handlers.instances import NAMESPACE, apply, condition, serving
from tests.operator.handlers.objects import ObjectKey, Objects
from tests.operator.handlers.running import Operator

pytestmark = pytest.mark.anyio

PASSWORD = ObjectKey(SECRET, NAMESPACE, "my-cache-redis-password")


def members(objects: Objects) -> dict[str, str]:
    return {name: base64.b64decode(value).decode() for name, value in objects[PASSWORD]["data"].items()}


async def test_the_password_is_kept_and_rotates_on_request(api_server: ApiServer, operator: Operator) -> None:
    objects = api_server.objects
    instance = apply(objects)
    await serving(objects, instance)
    first = members(objects)["password"]
    await operator.reconcile_again(instance)
    assert members(objects)["password"] == first
    objects.edit(PASSWORD, {"data": {"users.conf": base64.b64encode(b"user default on nopass ~* &* +@all").decode()}})
    await until(lambda: "nopass" not in members(objects)["users.conf"], what="the hashes")
    objects.edit(instance, {"metadata": {"annotations": {ROTATE_KEY: "now"}}})
    await until(lambda: members(objects)["password"] != first, what="another password")
    assert members(objects)["password_previous"] == first
    rotated = members(objects)
    await operator.reconcile_again(instance)
    assert members(objects) == rotated


async def test_somebody_else_s_secret_of_that_name_is_neither_changed_nor_mounted(api_server: ApiServer, operator: Operator) -> None:
    objects = api_server.objects
    foreign = objects.create(
        SECRET, {"apiVersion": "v1", "kind": "Secret", "metadata": {"namespace": NAMESPACE, "name": PASSWORD.name}, "data": {}}
    )
    instance = apply(objects)
    await until(lambda: condition(objects, instance, "NameConflict").get("status") == "True", what="the condition")
    assert PASSWORD.name in condition(objects, instance, "NameConflict")["message"]
    assert objects[PASSWORD] == foreign
    assert not any(key.kind in (STATEFUL_SET, POD) for key in objects)
    assert operator.reconciles("fault") == 0
