"""The StatefulSet NAME: one pod, and its volume.

It never replaces the pod by itself (OnDelete): the operator does, when the pod's restart hash differs from the template's. That hash
covers what cannot change while the pod runs and nothing else, so a release of the operator that renders the same pod restarts none.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from kuberedis_core.crd.names import RESTART_HASH, child_labels, headless_service_name, selector
from kuberedis_core.crd.spec import Instance, InstanceSpec
from kuberedis_core.quantities import canonical
from kuberedis_operator.resources.objects import Body, child
from kuberedis_operator.resources.pod import DATA, pod_spec
from kuberedis_operator.resources.redis_conf import start_only
from kuberedis_operator.settings import OperatorSettings


def build(instance: Instance, settings: OperatorSettings) -> Body:
    """The StatefulSet."""
    spec: dict[str, Any] = {
        "replicas": 1,
        "serviceName": headless_service_name(instance.name),
        "podManagementPolicy": "Parallel",
        "updateStrategy": {"type": "OnDelete"},
        "selector": {"matchLabels": selector(instance.name)},
        "template": _template(instance, settings),
    }
    if instance.spec.persistence != "none":
        spec["persistentVolumeClaimRetentionPolicy"] = {"whenDeleted": instance.spec.deletion_policy, "whenScaled": "Retain"}
        spec["volumeClaimTemplates"] = [_claim(instance)]
    return child(instance, ("apps/v1", "StatefulSet"), instance.name, "redis", spec=spec)


def restart_hash(pod: dict[str, Any], spec: InstanceSpec) -> str:
    """What stands for everything that only a restart can change.

    Not in it: `resources`. They follow from `maxmemory` and so from `capacity`, neither of which may restart a pod: they are changed in
    place (https://kubernetes.io/docs/tasks/configure-pod-container/resize-container-resources/).

    Args:
        pod: `spec` of the pod's template.
        spec: Of the instance: the settings of Redis that cannot change while it runs.
    """
    containers = [{name: value for name, value in container.items() if name != "resources"} for container in pod["containers"]]
    covered = {"pod": {**pod, "containers": containers}, "settings": start_only(spec)}
    return hashlib.sha256(json.dumps(covered, sort_keys=True).encode()).hexdigest()[:16]


def _template(instance: Instance, settings: OperatorSettings) -> dict[str, Any]:
    own = instance.spec.pod_template
    pod = pod_spec(instance, settings)
    return {
        "metadata": {
            "labels": {**own.labels, **child_labels(instance.name, "redis")},
            "annotations": {**own.annotations, RESTART_HASH: restart_hash(pod, instance.spec)},
        },
        "spec": pod,
    }


def _claim(instance: Instance) -> dict[str, Any]:
    # A list of claim templates is replaced as a whole, so what the API server would fill in is written out.
    spec: dict[str, Any] = {
        "accessModes": ["ReadWriteOnce"],
        "volumeMode": "Filesystem",
        "resources": {"requests": {"storage": canonical(instance.spec.capacity)}},
    }
    if instance.spec.storage_class_name is not None:
        spec["storageClassName"] = instance.spec.storage_class_name
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": DATA, "labels": child_labels(instance.name, "redis")},
        "spec": spec,
    }
