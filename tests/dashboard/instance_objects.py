"""Objects of the cluster as the operator and the kubelet would have written them, for a control plane that has neither."""

import json
import subprocess
from datetime import UTC, datetime, timedelta
from typing import Any

from kuberedis_core.crd.kind import API_VERSION, KIND, PLURAL
from kuberedis_core.crd.names import claim_labels, member_selector
from kuberedis_core.timestamps import format_time
from tests.harness.control_plane import ControlPlane
from tests.harness.custom_resource import install_custom_resource

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


SINGLE_STATUS = {
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
SEVERAL_STATUS = {
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

STORAGE_CLASS = {
    "apiVersion": "storage.k8s.io/v1",
    "kind": "StorageClass",
    "metadata": {"name": "fast"},
    "provisioner": "example.com/none",
    "volumeBindingMode": "WaitForFirstConsumer",
}


def write_objects(plane: ControlPlane) -> None:
    """Write the custom resource and two instances with their pods, claims and events."""
    install_custom_resource()
    kubectl(plane, "create", "namespace", NAMESPACE)
    # Without waiting for the controller that makes it: no pod is created before.
    apply(plane, {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}})
    kubectl(plane, "apply", "-f", "-", text=json.dumps(STORAGE_CLASS))
    for number in range(1, 4):
        # A pod on a node that does not exist would be deleted.
        kubectl(plane, "apply", "-f", "-", text=json.dumps({"apiVersion": "v1", "kind": "Node", "metadata": {"name": f"node-{number}"}}))
    for name, members, status in ((SINGLE, 1, SINGLE_STATUS), (SEVERAL, 3, SEVERAL_STATUS)):
        spec = {"capacity": "1Gi", "replicas": members}
        apply(plane, {"apiVersion": API_VERSION, "kind": KIND, "metadata": {"name": name}, "spec": spec})
        patch_status(plane, PLURAL, name, status)
        for ordinal in range(members):
            _write_member(plane, name, ordinal, is_up=name == SINGLE or ordinal > 0)
    _write_event(plane, SINGLE, KIND, "Ready", "Normal", "serving")
    _write_event(plane, f"{SEVERAL}-0", "Pod", "BackOff", "Warning", f"back-off: {HOSTILE}")
    _write_event(plane, SEVERAL, KIND, "FailedOver", "Warning", f"{SEVERAL}-0 failed, and {SEVERAL}-1 became the primary")


def apply(plane: ControlPlane, body: dict[str, Any]) -> None:
    """Create an object in the namespace, or change it."""
    kubectl(plane, "apply", "-n", NAMESPACE, "-f", "-", text=json.dumps(body))


def patch_status(plane: ControlPlane, resource: str, name: str, status: dict[str, Any]) -> None:
    """Write the status of an object in the namespace."""
    kubectl(plane, "patch", "-n", NAMESPACE, resource, name, "--subresource=status", "--type=merge", "-p", json.dumps({"status": status}))


def kubectl(plane: ControlPlane, *arguments: str, text: str | None = None) -> str:
    """Run kubectl as the administrator."""
    command = ["kubectl", "--kubeconfig", str(plane.kubeconfig), *arguments]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _write_member(plane: ControlPlane, name: str, ordinal: int, *, is_up: bool) -> None:
    pod, claim = f"{name}-{ordinal}", f"data-{name}-{ordinal}"
    containers = [{"name": container, "image": f"registry.example.com/{container}:8"} for container in ("redis", "sidecar")]
    apply(
        plane,
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": pod, "labels": member_selector(name)},
            "spec": {"containers": containers, "nodeName": f"node-{ordinal + 1}", "automountServiceAccountToken": False},
        },
    )
    running = {"state": {"running": {"startedAt": ago(hours=3)}}, "ready": True, "restartCount": 1}
    running["lastState"] = {"terminated": {"reason": "OOMKilled", "exitCode": 137, "finishedAt": ago(minutes=40)}}
    waiting = {"state": {"waiting": {"reason": "CrashLoopBackOff", "message": HOSTILE}}, "ready": False, "restartCount": 7}
    statuses = [{"name": each["name"], "image": "", "imageID": "", **(running if is_up else waiting)} for each in containers]
    status = {
        "phase": "Running",
        "startTime": ago(hours=3),
        "conditions": [{"type": "Ready", "status": str(is_up)}],
        "containerStatuses": statuses,
    }
    patch_status(plane, "pod", pod, status)
    volume = {"accessModes": ["ReadWriteOnce"], "storageClassName": "fast", "resources": {"requests": {"storage": "1Gi"}}}
    body = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": claim, "labels": claim_labels(name)}, "spec": volume}
    apply(plane, body)
    patch_status(plane, "pvc", claim, {"phase": "Bound", "capacity": {"storage": "1Gi"}})


def _write_event(plane: ControlPlane, name: str, kind: str, reason: str, type_: str, message: str) -> None:
    about = {"kind": kind, "name": name, "namespace": NAMESPACE}
    times = {"firstTimestamp": ago(minutes=9), "lastTimestamp": ago(minutes=4), "count": 3}
    metadata = {"name": f"{name}.{reason.lower()}"}
    body = {"apiVersion": "v1", "kind": "Event", "metadata": metadata, "involvedObject": about, "reason": reason, "type": type_}
    apply(plane, {**body, "message": message, **times})
