"""Objects of the cluster as the operator and the kubelet would have written them, for a control plane that has neither."""

import json
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from kuberedis_core.crd.kind import API_VERSION, KIND, PLURAL
from kuberedis_core.crd.names import claim_labels, claim_name, member_selector, pod_name, secret_name
from kuberedis_core.credentials import KEY_FILE
from kuberedis_core.timestamps import format_time
from tests.harness.control_plane import ControlPlane

NAMESPACE = "team"
SINGLE = "test-cache"
"""An instance of one member; the sidecars of tests are called that."""
SEVERAL = "orders"
"""An instance of three members, of which one is down."""
HOSTILE = "<script>document.title='owned'</script>\u202egnp\x1b[31m"
"""What somebody wrote into messages."""


def ago(**time: int) -> str:
    """A time in the past, as RFC 3339."""
    return format_time(datetime.now(UTC) - timedelta(**time))


def condition(type_: str, status: str, reason: str, message: str = "") -> dict[str, Any]:
    """A condition since twelve minutes."""
    return {"type": type_, "status": status, "reason": reason, "message": message, "lastTransitionTime": ago(minutes=12)}


SINGLE_STATUS: dict[str, Any] = {
    "observedGeneration": 1,
    "url": f"https://redis.example.com/instances/{SINGLE}",
    "version": "8",
    "capacity": "1Gi",
    "maxmemory": "64Mi",
    "memoryLimit": "208Mi",
    "keyRotation": {"rotatedAt": ago(minutes=30), "previousKeyExpiresAt": ago(minutes=-30)},
    "conditions": [
        condition("Ready", "True", "Serving", f"serving at https://redis.example.com/instances/{SINGLE}"),
        condition("Progressing", "False", "Complete"),
        condition("Degraded", "False", "AsExpected"),
        condition("RouteConflict", "False", "NoConflict"),
        condition("NameConflict", "False", "NoConflict"),
        condition("StorageResizing", "False", "AsWanted"),
    ],
}
SEVERAL_STATUS: dict[str, Any] = {
    "observedGeneration": 1,
    "version": "8",
    "primary": f"{SEVERAL}-1",
    "replicas": 3,
    "inSyncReplicas": 2,
    "members": [
        {"name": f"{SEVERAL}-0", "role": "unknown", "inSync": False},
        {"name": f"{SEVERAL}-1", "role": "primary", "inSync": True},
        {"name": f"{SEVERAL}-2", "role": "replica", "inSync": True, "lagBytes": 0},
    ],
    "conditions": [
        condition("Ready", "True", "Serving", "serving inside the cluster"),
        condition("Progressing", "False", "Complete"),
        condition("Degraded", "True", "NodeLost", f"node node-1 does not answer, so {SEVERAL}-0 is down until it does; {HOSTILE}"),
        condition("Replicated", "False", "ReplicaDown", f"{SEVERAL}-0: no answer; 2 of 3 members have all data"),
    ],
}

RBAC = {"apiVersion": "rbac.authorization.k8s.io/v1"}
RULES: dict[str, list[dict[str, list[str]]]] = {
    "reader": [{"apiGroups": [API_VERSION.partition("/")[0]], "resources": [PLURAL], "verbs": ["get", "list", "watch"]}],
}
STORAGE_CLASS = {
    "apiVersion": "storage.k8s.io/v1",
    "kind": "StorageClass",
    "metadata": {"name": "fast"},
    "provisioner": "example.com/none",
    "volumeBindingMode": "WaitForFirstConsumer",
}


def write_objects(plane: ControlPlane, api_key: str) -> None:
    """Write two instances with their pods, claims and events, and the key of the first."""
    apply(plane, [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}, *_surroundings(), _secret(api_key)])
    written = [*_instance(SINGLE, 1, SINGLE_STATUS), *_instance(SEVERAL, 3, SEVERAL_STATUS)]
    apply(plane, [{name: value for name, value in each.items() if name != "status"} for each in written])
    apply(plane, [each for each in written if "status" in each], "--subresource=status")


def apply(plane: ControlPlane, bodies: list[dict[str, Any]], *options: str) -> None:
    """Create objects, in the namespace if they are in any, or change them."""
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": bodies})
    kubectl(plane, "apply", "--server-side", "--force-conflicts", "-n", NAMESPACE, *options, "-f", "-", text=text)


def without_identity(body: str) -> str:
    """The text of an object as one that can be created again."""
    found = json.loads(body)
    found["metadata"] = {name: found["metadata"][name] for name in ("name", "namespace", "labels") if name in found["metadata"]}
    return json.dumps(found)


def patch_status(plane: ControlPlane, resource: str, name: str, status: dict[str, Any]) -> None:
    """Write the status of an object in the namespace."""
    kubectl(plane, "patch", "-n", NAMESPACE, resource, name, "--subresource=status", "--type=merge", "-p", json.dumps({"status": status}))


def kubectl(plane: ControlPlane, *arguments: str, text: str | None = None) -> str:
    """Run kubectl as the administrator."""
    command = ["kubectl", "--kubeconfig", str(plane.kubeconfig), *arguments]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _surroundings() -> Iterator[dict[str, Any]]:
    yield STORAGE_CLASS
    # A pod on a node that does not exist would be deleted.
    yield from ({"apiVersion": "v1", "kind": "Node", "metadata": {"name": f"node-{number}"}} for number in range(1, 4))
    for user, role in (("bob", "reader"),):
        yield {**RBAC, "kind": "Role", "metadata": {"name": role}, "rules": RULES[role]}
        subject = {"kind": "User", "name": user, "apiGroup": "rbac.authorization.k8s.io"}
        reference = {"kind": "Role", "name": role, "apiGroup": "rbac.authorization.k8s.io"}
        yield {**RBAC, "kind": "RoleBinding", "metadata": {"name": user}, "subjects": [subject], "roleRef": reference}
    # Without waiting for the controller that makes it: no pod is created before.
    yield {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}}
    yield event(SINGLE, KIND, "Ready", "Normal", "serving")
    yield event(f"{SEVERAL}-0", "Pod", "BackOff", "Warning", f"back-off: {HOSTILE}")
    yield event(SEVERAL, KIND, "FailedOver", "Warning", f"{SEVERAL}-0 failed, and {SEVERAL}-1 became the primary")


def _secret(api_key: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": secret_name(SINGLE)}, "stringData": {KEY_FILE: api_key}}


def _instance(name: str, members: int, status: dict[str, Any]) -> Iterator[dict[str, Any]]:
    spec = {"capacity": "1Gi", "replicas": members}
    yield {"apiVersion": API_VERSION, "kind": KIND, "metadata": {"name": name}, "spec": spec, "status": status}
    for ordinal in range(members):
        yield _pod(name, ordinal, is_up=name == SINGLE or ordinal > 0)
        volume = {"accessModes": ["ReadWriteOnce"], "storageClassName": "fast", "resources": {"requests": {"storage": "1Gi"}}}
        metadata = {"name": claim_name(name, ordinal), "labels": claim_labels(name)}
        yield {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata, "spec": volume}


def _pod(name: str, ordinal: int, *, is_up: bool) -> dict[str, Any]:
    containers = [{"name": container, "image": f"registry.example.com/{container}:8"} for container in ("redis", "sidecar")]
    running = {"state": {"running": {"startedAt": ago(hours=3)}}, "ready": True, "restartCount": 1}
    running["lastState"] = {"terminated": {"reason": "OOMKilled", "exitCode": 137, "finishedAt": ago(minutes=40)}}
    waiting = {"state": {"waiting": {"reason": "CrashLoopBackOff", "message": HOSTILE}}, "ready": False, "restartCount": 7}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": pod_name(name, ordinal), "labels": member_selector(name)},
        "spec": {"containers": containers, "nodeName": f"node-{ordinal + 1}", "automountServiceAccountToken": False},
        "status": {
            "phase": "Running",
            "startTime": ago(hours=3),
            "conditions": [{"type": "Ready", "status": str(is_up)}],
            "containerStatuses": [
                {"name": each["name"], "image": "", "imageID": "", **(running if is_up else waiting)} for each in containers
            ],
        },
    }


def event(name: str, kind: str, reason: str, type_: str, message: str, last: str = "") -> dict[str, Any]:
    """An event about an object, the last time four minutes ago unless `last` says when."""
    about = {"kind": kind, "name": name, "namespace": NAMESPACE}
    times = {"firstTimestamp": ago(minutes=9), "lastTimestamp": last or ago(minutes=4), "count": 3}
    metadata = {"name": f"{name}.{reason.lower()}"}
    body = {"apiVersion": "v1", "kind": "Event", "metadata": metadata, "involvedObject": about, "reason": reason, "type": type_}
    return {**body, "message": message, **times}
