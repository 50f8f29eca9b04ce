"""Ids of revoked tokens, which others write into the Secret, stay there, and reach the pod at once."""

import base64

import pytest

from kuberedis_core.crd.names import REFRESHED_AT, ROTATE_KEY, pod_name
from kuberedis_operator.resources.kinds import POD, SECRET
from tests.harness.waiting import until
from tests.operator.handlers.api_server import ApiServer
from tests.operator.handlers.instances import NAMESPACE, apply, serving
from tests.operator.handlers.objects import ObjectKey
from tests.operator.handlers.running import Operator

pytestmark = pytest.mark.anyio

KEY = ObjectKey(SECRET, NAMESPACE, "my-cache-auth")
POD_KEY = ObjectKey(POD, NAMESPACE, pod_name("my-cache"))
LEAKED = base64.b64encode(b"leaked 1900000000\n").decode()


async def test_revoked_tokens_stay_and_are_mounted_at_once(api_server: ApiServer, operator: Operator) -> None:
    objects = api_server.objects
    instance = apply(objects)
    await serving(objects, instance)
    await operator.reconcile_again(instance)

    def refreshed_at() -> str | None:
        annotations: dict[str, str] = objects[POD_KEY]["metadata"].get("annotations") or {}
        return annotations.get(REFRESHED_AT)

    before = refreshed_at()
    objects.edit(KEY, {"data": {"revoked_jti": LEAKED}})
    await until(lambda: refreshed_at() != before, what="the pod to be refreshed")
    await operator.reconcile_again(instance)
    writes = len(api_server.writes())
    await operator.reconcile_again(instance)
    assert api_server.writes()[writes:] == []
    key = objects[KEY]["data"]["api_key"]
    objects.edit(instance, {"metadata": {"annotations": {ROTATE_KEY: "now"}}})
    await until(lambda: objects[KEY]["data"]["api_key"] != key, what="a new key")
    assert objects[KEY]["data"]["revoked_jti"] == LEAKED
    assert objects[KEY]["data"]["api_key_previous"] == key
