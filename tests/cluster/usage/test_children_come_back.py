"""Every object that the operator made comes back within seconds when it is deleted or edited, and what others wrote on it stays."""

import json
import time
from typing import Any

import pytest

from tests.cluster.usage.instances import Measured, Tenant
from tests.harness.objects import CHILDREN, Body
from tests.harness.waiting import wait_until

BACK_SECONDS = 5
NAME = "healed"

EDITS: dict[tuple[str, str], Any] = {
    ("Secret", f"{NAME}-auth"): [{"op": "remove", "path": "/metadata/labels/app.kubernetes.io~1managed-by"}],
    ("Secret", f"{NAME}-redis-password"): [{"op": "replace", "path": "/data/users.conf", "value": "bWluZQ=="}],
    ("ConfigMap", f"{NAME}-config"): [{"op": "replace", "path": "/data/redis.conf", "value": "bind 0.0.0.0"}],
    ("Service", f"{NAME}-headless"): [{"op": "replace", "path": "/spec/publishNotReadyAddresses", "value": False}],
    ("Service", f"{NAME}-http"): [{"op": "replace", "path": "/spec/ports/0/targetPort", "value": 9999}],
    ("NetworkPolicy", NAME): [{"op": "add", "path": "/spec/ingress/-", "value": {}}],
    ("Ingress", NAME): [{"op": "replace", "path": "/spec/rules/0/http/paths/0/path", "value": "/elsewhere"}],
    ("StatefulSet", NAME): [{"op": "replace", "path": "/spec/persistentVolumeClaimRetentionPolicy/whenDeleted", "value": "Delete"}],
}
FOREIGN = {"labels": {"example.com/team": "blue"}, "annotations": {"mesh.example.com/inject": "no"}}


def child(blue: Tenant, kind: str, name: str) -> Body:
    body = blue.objects.get(kind, blue.namespace, name)
    assert body is not None, f"there is no {kind} {name}"
    return body


def owned(body: Body) -> Any:
    """What of an object its maker decides on."""
    return [body.get("spec"), body.get("data"), {"labels": body["metadata"]["labels"], "owners": body["metadata"]["ownerReferences"]}]


@pytest.mark.parametrize(("kind", "name"), EDITS)
def test_an_edited_child_is_restored(blue: Tenant, kind: str, name: str) -> None:
    instance = blue.instance(NAME).wait_until_serving()
    lives = instance.lives()
    blue.kubectl("patch", kind, name, "--type=merge", "--patch", json.dumps({"metadata": FOREIGN}))
    before = child(blue, kind, name)
    blue.kubectl("patch", kind, name, "--type=json", "--patch", json.dumps(EDITS[kind, name]))
    wait_until(lambda: owned(child(blue, kind, name)) == owned(before), limit_seconds=BACK_SECONDS, what=f"{kind} {name} as before")
    after = child(blue, kind, name)
    assert after["metadata"]["uid"] == before["metadata"]["uid"]
    assert FOREIGN["annotations"].items() <= after["metadata"]["annotations"].items()
    assert instance.lives() == lives


@pytest.mark.parametrize(("kind", "name"), EDITS)
def test_a_deleted_child_comes_back(blue: Tenant, kind: str, name: str, record_property: Measured) -> None:
    blue.instance(NAME).wait_until_serving()
    before = child(blue, kind, name)
    began = time.monotonic()
    blue.kubectl("delete", kind, name, "--wait=false")

    def is_back() -> bool:
        body = blue.objects.get(kind, blue.namespace, name)
        return body is not None and body["metadata"]["uid"] != before["metadata"]["uid"]

    wait_until(is_back, limit_seconds=BACK_SECONDS, what=f"another {kind} {name}")
    record_property("seconds until it is back", round(time.monotonic() - began, 2))


def test_an_instance_serves_its_data_after_all_its_children_were_deleted_at_once(blue: Tenant) -> None:
    instance = blue.instance(NAME).wait_until_serving()
    with instance.client() as http:
        http.post("/keys/greeting", json={"value": "hello"}).raise_for_status()
    before = blue.objects.children(blue.namespace, NAME)
    blue.kubectl("delete", *(f"{kind}/{name}" for kind, name in EDITS), "--wait=false")

    def are_back() -> bool:
        now = blue.objects.children(blue.namespace, NAME)
        return now.keys() == before.keys() and all(now[each]["metadata"]["uid"] != before[each]["metadata"]["uid"] for each in before)

    wait_until(are_back, limit_seconds=BACK_SECONDS, what="all children")
    assert sum(len(names) for names in CHILDREN.values()) == len(before)
    with instance.wait_until_serving().client() as http:
        assert http.get("/keys/greeting").json()["value"] == "hello"
