"""Volumes of a real cluster: whose claim is mounted, what a deletion of one does, and what a restore brings back."""

import json
from typing import Any

from tests.cluster.gateway import INGRESS_SECONDS, key_of, read, wait_until_ready, write
from tests.harness.cluster import Namespace, condition, instance
from tests.harness.kubectl import Kubectl
from tests.harness.operator import Operator
from tests.harness.waiting import wait_until

SOON = 15
# The garbage collector, and then the finalizer that keeps a claim while a pod uses it.
GONE_SECONDS = 90


def test_a_foreign_claim_is_not_mounted_and_survives_the_instance(operator: Operator, cluster: Namespace) -> None:
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data-victim-0", "labels": {"app": "removed"}},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "32Mi"}}},
    }
    cluster.apply(claim)
    before = cluster.get("persistentvolumeclaim", "data-victim-0")
    cluster.apply(instance("victim", deletionPolicy="Delete"))
    body = cluster.wait_for(
        "redishttpinstance", "victim", lambda body: condition(body, "NameConflict")[0] == "True", limit_seconds=SOON, what="in conflict"
    )
    assert "PersistentVolumeClaim data-victim-0" in condition(body, "NameConflict")[2]
    assert cluster.get("statefulset", "victim") is None
    cluster("delete", "redishttpinstance", "victim")
    cluster.wait_until_gone("service", "victim-http", limit_seconds=GONE_SECONDS)
    assert cluster.get("persistentvolumeclaim", "data-victim-0") == before
    assert operator.running


def test_a_pod_whose_claim_was_deleted_serves_until_a_person_ends_it(operator: Operator, cluster: Namespace) -> None:
    cluster.apply(instance("doomed"))
    url = wait_until_ready(cluster, "doomed")
    key = key_of(cluster, "doomed")
    write(url, key, "kept")
    pod = cluster.get("pod", "doomed-0")
    assert pod is not None
    cluster("delete", "persistentvolumeclaim", "data-doomed-0", "--wait=false")
    cluster.patch("redishttpinstance", "doomed", {"spec": {"limits": {"maxRequests": 100}}})
    body = cluster.wait_for(
        "redishttpinstance",
        "doomed",
        lambda body: condition(body, "Degraded")[1] == "VolumeBeingDeleted" and body["status"]["observedGeneration"] == 2,
        limit_seconds=SOON,
        what="degraded",
    )
    assert condition(body, "Ready")[0] == "True"
    assert "VolumeBeingDeleted" in _reasons(cluster, "doomed")
    assert (cluster.get("pod", "doomed-0") or {})["metadata"]["uid"] == pod["metadata"]["uid"]
    assert read(url, key) == "kept"
    cluster("delete", "pod", "doomed-0")
    wait_until_ready(cluster, "doomed")
    wait_until(lambda: "VolumeReplaced" in _reasons(cluster, "doomed"), limit_seconds=SOON, what="an Event about the new volume")
    assert operator.running


def test_a_restored_instance_has_its_key_and_its_data(operator: Operator, cluster: Namespace) -> None:
    cluster.apply(instance("restored", deletionPolicy="Delete"))
    url = wait_until_ready(cluster, "restored")
    key = key_of(cluster, "restored")
    write(url, key, "kept")
    backup = [
        _without_identity(cluster.get(kind, name) or {})
        for kind, name in (
            ("persistentvolumeclaim", "data-restored-0"),
            ("secret", "restored-auth"),
            ("statefulset", "restored"),
            ("service", "restored-http"),
            ("redishttpinstance", "restored"),
        )
    ]
    volume = str(backup[0]["spec"]["volumeName"])
    # A backup of the data themselves: the volume outlives its claim, and can be claimed again.
    _patch_volume(volume, {"spec": {"persistentVolumeReclaimPolicy": "Retain"}})
    cluster("delete", "redishttpinstance", "restored")
    cluster.wait_until_gone("persistentvolumeclaim", "data-restored-0", limit_seconds=GONE_SECONDS)
    for kind, name in (("secret", "restored-auth"), ("statefulset", "restored"), ("service", "restored-http"), ("pod", "restored-0")):
        cluster.wait_until_gone(kind, name, limit_seconds=GONE_SECONDS)
    _patch_volume(volume, {"spec": {"claimRef": None}})

    for body in backup:
        cluster.apply(body)
    assert wait_until_ready(cluster, "restored") == url
    assert key_of(cluster, "restored") == key
    wait_until(lambda: read(url, key) == "kept", limit_seconds=INGRESS_SECONDS, what="the data")
    assert not {"KeyReplaced", "VolumeReplaced"} & _reasons(cluster, "restored")
    claim, live = cluster.get("persistentvolumeclaim", "data-restored-0"), cluster.get("redishttpinstance", "restored")
    assert claim is not None
    assert live is not None
    assert [owner["uid"] for owner in claim["metadata"]["ownerReferences"]] == [live["metadata"]["uid"]]
    assert "deletionTimestamp" not in claim["metadata"]
    _patch_volume(volume, {"spec": {"persistentVolumeReclaimPolicy": "Delete"}})
    cluster("delete", "redishttpinstance", "restored")
    cluster.wait_until_gone("persistentvolumeclaim", "data-restored-0", limit_seconds=GONE_SECONDS)
    assert operator.running


def _without_identity(body: dict[str, Any]) -> dict[str, Any]:
    """An object as Velero restores it: under its name, with labels and annotations, and as a new one."""
    metadata = body["metadata"]
    kept = {name: metadata[name] for name in ("name", "labels", "annotations") if name in metadata}
    kept["annotations"] = {
        name: value for name, value in kept.get("annotations", {}).items() if "pv.kubernetes.io" not in name and "volume." not in name
    }
    spec = {name: value for name, value in body.get("spec", {}).items() if name not in ("clusterIP", "clusterIPs")}
    content = {member: value for member, value in body.items() if member not in ("status", "metadata", "spec")}
    return {**content, "metadata": kept} | ({"spec": spec} if spec else {})


def _patch_volume(name: str, patch: dict[str, Any]) -> None:
    Kubectl().out("patch", "persistentvolume", name, "--type=merge", "--patch", json.dumps(patch))


def _reasons(cluster: Namespace, name: str) -> set[str]:
    """Reasons of the Events about an instance."""
    found = json.loads(cluster("get", "events", "--field-selector", f"involvedObject.name={name}", "--output=json"))
    return {event["reason"] for event in found["items"]}
