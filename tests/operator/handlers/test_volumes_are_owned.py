"""An instance mounts, changes and deletes its own claims, and no others: a StatefulSet takes any claim of the right name."""

from typing import Any

import pytest

from kuberedis_core.body import Body
from kuberedis_core.crd.names import CLAIM_MARK, INSTANCE_LABEL, child_labels, claim_labels
from kuberedis_operator.resources.kinds import CLAIM, EVENT, INSTANCE, POD, SECRET, STATEFUL_SET
from tests.harness.waiting import until
from tests.operator.handlers.api_server import ApiServer
from tests.operator.handlers.instances import NAMESPACE, applied, apply, children_of, condition, serving
from tests.operator.handlers.objects import ObjectKey, Objects
from tests.operator.handlers.running import Operator

pytestmark = pytest.mark.anyio

INSTANCE_KEY = ObjectKey(INSTANCE, NAMESPACE, "my-cache")
CLAIM_KEY = ObjectKey(CLAIM, NAMESPACE, "data-my-cache-0")
STATEFUL_SET_KEY = ObjectKey(STATEFUL_SET, NAMESPACE, "my-cache")
POD_KEY = ObjectKey(POD, NAMESPACE, "my-cache-0")
SECRET_KEY = ObjectKey(SECRET, NAMESPACE, "my-cache-auth")
DEAD_UID = "00000000-0000-0000-0000-00000000dead"


def claim(labels: dict[str, str], **metadata: Any) -> Body:
    """A bound claim of 64Mi."""
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"namespace": NAMESPACE, "name": "data-my-cache-0", "labels": labels, **metadata},
        "spec": {"storageClassName": "fast", "resources": {"requests": {"storage": "64Mi"}}},
        "status": {"phase": "Bound", "capacity": {"storage": "64Mi"}},
    }


def events(objects: Objects) -> list[tuple[str, str]]:
    """Type and reason of all Events."""
    return [(objects[key]["type"], objects[key]["reason"]) for key in objects if key.kind == EVENT]


FOREIGN = {
    "of another application": {"app": "postgres"},
    "without labels": {},
    "of another instance": claim_labels("other"),
    "with the name of an instance and no more": {INSTANCE_LABEL: "my-cache"},
}


@pytest.mark.parametrize("policy", ["Retain", "Delete"])
@pytest.mark.parametrize("labels", FOREIGN.values(), ids=FOREIGN)
@pytest.mark.usefixtures("operator")
async def test_a_foreign_claim_is_left_alone(api_server: ApiServer, labels: dict[str, str], policy: str) -> None:
    objects = api_server.objects
    foreign = objects.create(CLAIM, claim(labels))
    apply(objects, deletionPolicy=policy, capacity="2Gi")
    await until(lambda: condition(objects, INSTANCE_KEY, "NameConflict").get("status") == "True", what="a conflict")
    assert "PersistentVolumeClaim data-my-cache-0" in condition(objects, INSTANCE_KEY, "NameConflict")["message"]
    assert objects.get(STATEFUL_SET_KEY) is None
    objects.delete(INSTANCE_KEY)
    objects.collect_garbage()
    assert objects[CLAIM_KEY] == foreign


async def test_a_statefulset_that_mounted_a_foreign_claim_neither_grows_nor_deletes_it(api_server: ApiServer, operator: Operator) -> None:
    objects = api_server.objects
    apply(objects, deletionPolicy="Delete")
    await serving(objects, INSTANCE_KEY)
    objects.delete(CLAIM_KEY)
    foreign = objects.create(CLAIM, claim({}))
    objects.edit(STATEFUL_SET_KEY, {"spec": {"replicas": 0, "persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Delete"}}})
    await until(lambda: condition(objects, INSTANCE_KEY, "NameConflict").get("status") == "True", what="a conflict")
    objects.edit(INSTANCE_KEY, {"spec": {"capacity": "4Gi", "version": "7.2"}})
    await operator.reconcile_again(INSTANCE_KEY)
    spec = objects[STATEFUL_SET_KEY]["spec"]
    assert (spec["replicas"], spec["persistentVolumeClaimRetentionPolicy"]["whenDeleted"]) == (0, "Retain")
    assert objects[CLAIM_KEY] == foreign
    assert objects.get(POD_KEY) is not None


@pytest.mark.usefixtures("operator")
async def test_a_claim_that_is_marked_by_hand_is_adopted(api_server: ApiServer) -> None:
    objects = api_server.objects
    objects.create(CLAIM, claim({"app": "postgres", CLAIM_MARK: "my-cache"}))
    apply(objects, capacity="64Mi")
    await applied(objects, INSTANCE_KEY)
    assert objects[CLAIM_KEY]["metadata"]["labels"] == {"app": "postgres", **claim_labels("my-cache")}


@pytest.mark.parametrize("policy", ["Retain", "Delete"])
@pytest.mark.usefixtures("operator")
async def test_a_claim_goes_with_its_instance_only_by_the_deletion_policy(api_server: ApiServer, policy: str) -> None:
    objects = api_server.objects
    apply(objects, deletionPolicy=policy)
    await serving(objects, INSTANCE_KEY)
    made = objects[CLAIM_KEY]
    assert INSTANCE_LABEL not in made["metadata"]["labels"]
    assert "Prune=false" in made["metadata"]["annotations"]["argocd.argoproj.io/sync-options"]
    template = objects[STATEFUL_SET_KEY]["spec"]["volumeClaimTemplates"][0]["metadata"]
    assert template["labels"] == made["metadata"]["labels"]
    # Whoever deletes the StatefulSet alone deletes no data.
    objects.delete(STATEFUL_SET_KEY)
    objects.collect_garbage()
    assert objects[CLAIM_KEY] == made
    await applied(objects, INSTANCE_KEY)
    objects.delete(INSTANCE_KEY)
    objects.collect_garbage()
    assert (objects.get(CLAIM_KEY) is None) == (policy == "Delete")


async def test_the_deletion_policy_can_change(api_server: ApiServer, operator: Operator) -> None:
    objects = api_server.objects
    apply(objects, deletionPolicy="Delete")
    await serving(objects, INSTANCE_KEY)
    objects.edit(INSTANCE_KEY, {"spec": {"deletionPolicy": "Retain"}})
    await operator.reconcile_again(INSTANCE_KEY)
    objects.delete(INSTANCE_KEY)
    objects.collect_garbage()
    assert objects.get(CLAIM_KEY) is not None


@pytest.mark.usefixtures("operator")
async def test_a_retained_claim_serves_the_next_instance_of_the_name(api_server: ApiServer) -> None:
    objects = api_server.objects
    apply(objects)
    await serving(objects, INSTANCE_KEY)
    uid = objects[CLAIM_KEY]["metadata"]["uid"]
    objects.delete(POD_KEY)
    objects.delete(INSTANCE_KEY)
    objects.collect_garbage()
    apply(objects)
    await applied(objects, INSTANCE_KEY)
    assert objects[CLAIM_KEY]["metadata"]["uid"] == uid
    assert ("Warning", "VolumeReplaced") not in events(objects)


@pytest.mark.parametrize("name", ["my-cache", "gone"])
async def test_a_claim_of_a_former_release_gets_the_mark_and_loses_the_label(api_server: ApiServer, name: str) -> None:
    objects = api_server.objects
    former = claim(child_labels(name, "redis"))
    objects.create(CLAIM, {**former, "metadata": {**former["metadata"], "name": f"data-{name}-0"}})
    apply(objects, capacity="64Mi")
    async with Operator(api_server):
        await applied(objects, INSTANCE_KEY)
        key = ObjectKey(CLAIM, NAMESPACE, f"data-{name}-0")
        await until(lambda: objects[key]["metadata"]["labels"] == claim_labels(name), what="the labels")
        assert "Prune=false" in objects[key]["metadata"]["annotations"]["argocd.argoproj.io/sync-options"]


async def test_a_pod_stays_while_its_claim_is_being_deleted(api_server: ApiServer, operator: Operator) -> None:
    objects = api_server.objects
    apply(objects)
    await serving(objects, INSTANCE_KEY)
    await operator.reconcile_again(INSTANCE_KEY)
    objects.edit(CLAIM_KEY, {"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z", "finalizers": ["kubernetes.io/pvc-protection"]}})
    await until(lambda: condition(objects, INSTANCE_KEY, "Degraded").get("reason") == "VolumeBeingDeleted", what="a condition")
    await until(lambda: ("Warning", "VolumeBeingDeleted") in events(objects), what="an Event")
    objects.edit(
        INSTANCE_KEY, {"spec": {"limits": {"maxRequests": 7}}, "metadata": {"annotations": {"cache.yourcompany.com/restart": "1"}}}
    )
    template = objects[STATEFUL_SET_KEY]["metadata"]
    objects.edit(STATEFUL_SET_KEY, {"status": {"observedGeneration": template["generation"] + 9}})
    await operator.reconcile_again(INSTANCE_KEY)
    assert "deletionTimestamp" not in objects[POD_KEY]["metadata"]
    assert not [request for request in api_server if request.method == "DELETE"]
    assert condition(objects, INSTANCE_KEY, "Ready")["status"] == "True"


async def test_a_pod_stays_if_the_watch_of_claims_is_behind(
    api_server: ApiServer, operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    objects = api_server.objects
    apply(objects)
    await serving(objects, INSTANCE_KEY)
    await operator.reconcile_again(INSTANCE_KEY)
    objects.edit(STATEFUL_SET_KEY, {"status": {"observedGeneration": 99}})
    with monkeypatch.context() as unheard:
        unheard.setattr(objects, "since", lambda version: [c for c in Objects.since(objects, version) if c.key.kind != CLAIM])
        objects.edit(CLAIM_KEY, {"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}})
        objects.edit(INSTANCE_KEY, {"spec": {"limits": {"maxRequests": 7}}})
        await until(lambda: condition(objects, INSTANCE_KEY, "Degraded").get("reason") == "VolumeBeingDeleted", what="a condition")
    assert not [request for request in api_server if request.method == "DELETE"]


@pytest.mark.parametrize("made_by", ["the operator", "the StatefulSet"])
async def test_a_volume_that_was_replaced_is_told(api_server: ApiServer, operator: Operator, made_by: str) -> None:
    objects = api_server.objects
    apply(objects)
    await serving(objects, INSTANCE_KEY)
    await operator.reconcile_again(INSTANCE_KEY)
    assert ("Warning", "VolumeReplaced") not in events(objects)
    if made_by == "the operator":
        objects.delete(CLAIM_KEY)
    else:
        template = objects[STATEFUL_SET_KEY]["spec"]["volumeClaimTemplates"][0]
        old = objects[CLAIM_KEY]["metadata"]["uid"]
        # Both within one turn of the event loop, so that the operator never sees the name free.
        objects.delete(CLAIM_KEY)
        metadata = {**template["metadata"], "namespace": NAMESPACE, "name": CLAIM_KEY.name}
        objects.create(CLAIM, {**template, "metadata": metadata})
        assert objects[CLAIM_KEY]["metadata"]["uid"] != old
    await until(lambda: ("Warning", "VolumeReplaced") in events(objects), what="an Event")


@pytest.mark.parametrize("owners", ["kept", "taken away"])
@pytest.mark.parametrize("policy", ["Retain", "Delete"])
async def test_restored_objects_keep_key_and_volume(api_server: ApiServer, owners: str, policy: str) -> None:
    objects = api_server.objects
    apply(objects, deletionPolicy=policy)
    async with Operator(api_server):
        await serving(objects, INSTANCE_KEY)
    backup = {key: objects[key] for key in (SECRET_KEY, CLAIM_KEY, *children_of(INSTANCE_KEY), INSTANCE_KEY)}
    key = objects[SECRET_KEY]["data"]["api_key"]
    for name in list(objects):
        objects.delete(name)
    made_at = {"cache.yourcompany.com/key-made-at": "2026-01-01T00:00:00Z"}
    for name, body in backup.items():
        metadata = {**body["metadata"]}
        references = metadata.pop("ownerReferences", [])
        if owners == "kept" and references:
            metadata["ownerReferences"] = references
        if name == SECRET_KEY:
            metadata["annotations"] = {**metadata["annotations"], **made_at}
        if name == CLAIM_KEY and owners == "kept":
            metadata["ownerReferences"] = [
                *references,
                {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "my-cache", "uid": DEAD_UID},
            ]
        # Only the volume and the key are restored while the garbage collector has not been there; it takes the other children away.
        if owners == "taken away" or name in (SECRET_KEY, CLAIM_KEY, INSTANCE_KEY):
            objects.create(name.kind, {**{member: value for member, value in body.items() if member != "status"}, "metadata": metadata})
    claim_uid = objects[CLAIM_KEY]["metadata"]["uid"]
    async with Operator(api_server):
        await applied(objects, INSTANCE_KEY)
        assert objects[SECRET_KEY]["data"]["api_key"] == key
        objects.collect_garbage()
        await applied(objects, INSTANCE_KEY)
    assert objects[SECRET_KEY]["data"]["api_key"] == key
    assert objects[CLAIM_KEY]["metadata"]["uid"] == claim_uid
    assert not {"KeyReplaced", "VolumeReplaced"} & {reason for _, reason in events(objects)}


@pytest.mark.usefixtures("operator")
async def test_the_key_of_a_deleted_instance_is_not_the_next_one_s(api_server: ApiServer) -> None:
    objects = api_server.objects
    apply(objects)
    await serving(objects, INSTANCE_KEY)
    key = objects[SECRET_KEY]["data"]["api_key"]
    objects.delete(POD_KEY)
    objects.delete(INSTANCE_KEY)
    apply(objects)
    await until(lambda: condition(objects, INSTANCE_KEY, "Ready"), what="a status")
    objects.collect_garbage()
    await applied(objects, INSTANCE_KEY)
    assert objects[SECRET_KEY]["data"]["api_key"] != key
