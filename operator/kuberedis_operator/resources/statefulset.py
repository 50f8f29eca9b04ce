"""The StatefulSet NAME: the pods of the members, and their volumes.

It never replaces a pod by itself (OnDelete): the operator does, when the pod's restart hash differs from the template's. That hash covers
what cannot change while the pod runs and nothing else, so a release of the operator that renders the same pod restarts none.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from kuberedis_core.body import Body
from kuberedis_core.crd.names import RESTART, RESTART_HASH, RESTART_REQUEST, child_labels, selector
from kuberedis_core.crd.spec import InstanceSpec
from kuberedis_operator.resources import claim
from kuberedis_operator.resources.kinds import STATEFUL_SET
from kuberedis_operator.resources.objects import child
from kuberedis_operator.resources.pod import pod_spec
from kuberedis_operator.resources.redis_conf import start_only
from kuberedis_operator.resources.ssa_diff import digest
from kuberedis_operator.topology.topology import Topology


def build(topology: Topology) -> Body:
    """The StatefulSet."""
    spec: Body = {
        "replicas": topology.pods,
        "serviceName": topology.headless_service,
        "podManagementPolicy": "Parallel",
        "updateStrategy": {"type": "OnDelete"},
        "selector": {"matchLabels": selector(topology.name)},
        "template": _template(topology),
    }
    if topology.volume is not None:
        spec["persistentVolumeClaimRetentionPolicy"] = {"whenDeleted": "Retain", "whenScaled": "Retain"}
        spec["volumeClaimTemplates"] = [claim.template(topology.name, topology.volume)]
    return child(topology.instance, STATEFUL_SET, topology.name, "redis", spec=spec)


def restart_hash(pod: Body, spec: InstanceSpec) -> str:
    """16 hexadecimal digits that stand for everything that only a restart can change.

    Not covered: `resources`. They follow from `maxmemory` and so from `capacity`, neither of which may restart a pod: they are changed in
    place (https://kubernetes.io/docs/tasks/configure-pod-container/resize-container-resources/).

    Args:
        pod: `spec` of the pod's template.
        spec: spec of the instance, for the settings of Redis that cannot change while it runs.
    """
    containers = [{name: value for name, value in container.items() if name != "resources"} for container in pod["containers"]]
    covered = {"pod": {**pod, "containers": containers}, "settings": start_only(spec)}
    return hashlib.sha256(json.dumps(covered, sort_keys=True).encode()).hexdigest()[:16]


def _template(topology: Topology) -> dict[str, Any]:
    own = topology.spec.pod_template
    pod = pod_spec(topology)
    return {
        "metadata": {
            "labels": {**own.labels, **child_labels(topology.name, "redis")},
            "annotations": {**own.annotations, **_restart_request(topology), RESTART_HASH: restart_hash(pod, topology.spec)},
        },
        "spec": pod,
    }


def _restart_request(topology: Topology) -> dict[str, str]:
    request = topology.instance.annotations.get(RESTART)
    # A text of any length, of which only a change matters.
    return {RESTART_REQUEST: digest(request)} if request else {}
