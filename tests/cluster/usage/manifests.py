"""What tests apply: instances that are as small as they can be, namespaces as a careful cluster has them, and pods to connect from."""

from typing import Any

from tests.harness import cluster
from tests.harness.cluster import Object

_LITTLE_CPU = {"redis": {"requests": {"cpu": "10m"}}, "sidecar": {"requests": {"cpu": "10m"}}}


def instance(name: str, **spec: Any) -> Object:
    """A RedisHttpInstance that asks for little CPU, so that a small node holds many."""
    return cluster.instance(name, **{"resources": _LITTLE_CPU, **spec})


def namespace(name: str) -> Object:
    """A namespace whose pods have to meet the restricted Pod Security Standard."""
    labels = {"pod-security.kubernetes.io/enforce": "restricted", "pod-security.kubernetes.io/warn": "restricted"}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


def storage_class(name: str, *, expandable: bool) -> Object:
    """A StorageClass of the test cluster's provisioner, which can expand nothing, whatever the class says."""
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        # Volumes of the other type know no fsGroup.
        "metadata": {"name": name, "annotations": {"defaultVolumeType": "local"}},
        "provisioner": "rancher.io/local-path",
        "volumeBindingMode": "WaitForFirstConsumer",
        "allowVolumeExpansion": expandable,
    }


def client_pod(name: str) -> Object:
    """A pod that does nothing but hold a Python, for `kubectl exec`."""
    container = {
        "name": "python",
        "image": "localhost/python:3.13",
        "command": ["sleep", "infinity"],
        "resources": {"requests": {"cpu": "10m", "memory": "16Mi"}},
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }
    spec = {
        "containers": [container],
        "securityContext": {"runAsNonRoot": True, "runAsUser": 65532, "seccompProfile": {"type": "RuntimeDefault"}},
        "terminationGracePeriodSeconds": 0,
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}
