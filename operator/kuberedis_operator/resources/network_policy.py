"""The NetworkPolicy NAME: who may connect to the pods of an instance, by namespace.

Ingress controllers and the monitoring may connect to the sidecar's port, and nothing to Redis'. Outgoing connections of the pods are not
restricted: Redis makes none, and the sidecar only one to a collector of traces, whose address the operator does not know.
"""

from __future__ import annotations

from typing import Any

from kuberedis_core.body import Body
from kuberedis_core.crd.names import selector
from kuberedis_core.crd.ports import SIDECAR_PORT
from kuberedis_operator.resources.kinds import NETWORK_POLICY
from kuberedis_operator.resources.objects import child
from kuberedis_operator.topology.topology import Topology


def build(topology: Topology) -> Body | None:
    """The NetworkPolicy, unless the spec turns it off."""
    if not topology.spec.network_policy:
        return None
    spec = {
        "podSelector": {"matchLabels": selector(topology.name)},
        "policyTypes": ["Ingress"],
        "ingress": [_rule(topology.client_namespaces)] if topology.client_namespaces else [],
    }
    return child(topology.instance, NETWORK_POLICY, topology.name, "network", spec=spec)


def _rule(namespaces: tuple[str, ...]) -> dict[str, Any]:
    # Kubernetes itself sets this label on every namespace, so that nobody is let in by labelling their own.
    expression = {"key": "kubernetes.io/metadata.name", "operator": "In", "values": list(namespaces)}
    return {
        "from": [{"namespaceSelector": {"matchExpressions": [expression]}}],
        "ports": [{"protocol": "TCP", "port": SIDECAR_PORT}],
    }
