"""Edited or deleted children of an instance are restored within seconds, and nothing is written for a healthy instance."""

from typing import Any

import pytest

from tests.cluster.gateway import key_of, wait_until_ready
from tests.harness.cluster import READY_SECONDS, Namespace, instance
from tests.harness.operator import Operator
from tests.harness.waiting import wait_until

BACK_SECONDS = 5
NAME = "healed"

CHILDREN = [
    ("service", f"{NAME}-http"),
    ("service", f"{NAME}-headless"),
    ("configmap", f"{NAME}-config"),
    ("ingress", NAME),
    ("networkpolicy", NAME),
    ("secret", f"{NAME}-auth"),
    ("statefulset", NAME),
]
EDITS: list[tuple[str, str, Any]] = [
    ("service", f"{NAME}-http", [{"op": "replace", "path": "/spec/ports/0/port", "value": 81}]),
    ("service", f"{NAME}-headless", {"spec": {"selector": {"else": "where"}}}),
    ("configmap", f"{NAME}-config", {"data": {"redis.conf": "bind 0.0.0.0"}}),
    ("ingress", NAME, [{"op": "replace", "path": "/spec/rules/0/http/paths/0/path", "value": "/elsewhere"}]),
    ("networkpolicy", NAME, [{"op": "add", "path": "/spec/ingress/-", "value": {}}]),
    ("networkpolicy", NAME, {"spec": {"podSelector": {"matchLabels": {"else": "where"}}}}),
    ("statefulset", NAME, {"spec": {"replicas": 3}}),
    ("statefulset", NAME, [{"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "localhost/other:1"}]),
    ("configmap", f"{NAME}-config", {"metadata": {"labels": {"app.kubernetes.io/managed-by": None}}}),
]


@pytest.fixture(scope="module", autouse=True)
def healthy(operator: Operator, cluster: Namespace) -> None:
    assert operator.running
    cluster.apply(instance(NAME))
    wait_until_ready(cluster, NAME)


def content(body: dict[str, Any]) -> Any:
    """The content of an object, without what the API server adds."""
    content = {member: body.get(member) for member in ("spec", "data")}
    return content, body["metadata"]["labels"], body["metadata"]["ownerReferences"]


@pytest.mark.parametrize(("kind", "name", "edit"), EDITS)
def test_an_edited_child_is_restored(cluster: Namespace, kind: str, name: str, edit: Any) -> None:
    before = cluster.get(kind, name)
    assert before is not None
    cluster.patch(kind, name, edit)
    cluster.wait_for(kind, name, lambda body: content(body) == content(before), limit_seconds=BACK_SECONDS, what="as before")


def test_what_others_write_on_a_child_stays(cluster: Namespace) -> None:
    cluster.patch("service", f"{NAME}-http", {"metadata": {"annotations": {"mesh.example.com/waypoint": "none"}}})
    cluster.patch("service", f"{NAME}-http", {"spec": {"selector": {"else": "where"}}})
    body = cluster.wait_for(
        "service", f"{NAME}-http", lambda body: "else" not in body["spec"]["selector"], limit_seconds=BACK_SECONDS, what="restored"
    )
    assert body["metadata"]["annotations"]["mesh.example.com/waypoint"] == "none"


@pytest.mark.parametrize(("kind", "name"), CHILDREN)
def test_a_deleted_child_is_recreated(cluster: Namespace, kind: str, name: str) -> None:
    before = cluster.get(kind, name)
    assert before is not None
    cluster("delete", kind, name, "--wait=false")
    cluster.wait_for(
        kind, name, lambda body: body["metadata"]["uid"] != before["metadata"]["uid"], limit_seconds=BACK_SECONDS, what="recreated"
    )


def test_a_deleted_secret_is_recreated_with_a_new_key_and_the_status_says_so(cluster: Namespace) -> None:
    wait_until_ready(cluster, NAME)
    before = key_of(cluster, NAME)
    cluster("delete", "secret", f"{NAME}-auth", "--wait=false")
    wait_until(lambda: key_of(cluster, NAME) not in ("", before), limit_seconds=BACK_SECONDS, what="a new key")
    cluster.wait_for(
        "redishttpinstance",
        NAME,
        lambda body: "because the Secret had been deleted" in str(body["status"]["conditions"]),
        limit_seconds=READY_SECONDS,
        what="a status that says so",
    )
    wait_until(lambda: "KeyReplaced" in cluster("get", "events"), limit_seconds=BACK_SECONDS, what="an Event")


def test_a_restart_over_a_healthy_instance_writes_nothing(operator: Operator, cluster: Namespace) -> None:
    wait_until_ready(cluster, NAME)
    operator.stop()
    operator.start()
    wait_until(lambda: 'reconciles_total{result="ok"}' in operator.metrics(), limit_seconds=10, what="a reconcile")
    wait_until(lambda: "kuberedis_operator_queue_length 0.0" in operator.metrics(), limit_seconds=10, what="an empty queue")
    assert operator.writes() == {}
    assert operator.answers("/livez")


def test_a_label_of_the_user_goes_onto_the_running_pod_and_back(cluster: Namespace) -> None:
    wait_until_ready(cluster, NAME)
    pod = cluster.get("pod", f"{NAME}-0")
    assert pod is not None
    cluster.patch("redishttpinstance", NAME, {"spec": {"podTemplate": {"labels": {"team": "a"}}}})
    cluster.wait_for(
        "pod", f"{NAME}-0", lambda body: body["metadata"]["labels"].get("team") == "a", limit_seconds=BACK_SECONDS, what="the label"
    )
    cluster.patch("redishttpinstance", NAME, {"spec": {"podTemplate": None}})
    after = cluster.wait_for(
        "pod", f"{NAME}-0", lambda body: "team" not in body["metadata"]["labels"], limit_seconds=BACK_SECONDS, what="the label gone"
    )
    assert after["metadata"]["uid"] == pod["metadata"]["uid"]


def test_a_paused_instance_is_left_alone_until_it_is_not(cluster: Namespace) -> None:
    cluster.patch("redishttpinstance", NAME, {"spec": {"paused": True}})
    cluster.wait_for("redishttpinstance", NAME, lambda body: "Paused" in str(body["status"]), limit_seconds=BACK_SECONDS, what="paused")
    cluster("delete", "networkpolicy", NAME)
    cluster.patch("redishttpinstance", NAME, {"spec": {"podTemplate": {"labels": {"team": "b"}}}})
    cluster.wait_for(
        "redishttpinstance",
        NAME,
        lambda body: body["status"]["observedGeneration"] == body["metadata"]["generation"],
        limit_seconds=BACK_SECONDS,
        what="observed",
    )
    assert cluster.get("networkpolicy", NAME) is None
    cluster.patch("redishttpinstance", NAME, {"spec": {"paused": False}})
    cluster.wait_for("networkpolicy", NAME, bool, limit_seconds=BACK_SECONDS, what="recreated")
