"""The NetworkPolicy NAME: who may connect to the pods of an instance, by namespace.

Ingress controllers, the monitoring and the dashboard may connect to the sidecar's port. To Redis' and Sentinel's only the members of the
same instance may, if there are several, and the operator may ask their sidecars how they are. Outgoing connections of the pods are not
restricted: they go to the other members, and the sidecar's to a collector of traces, whose address the operator does not know.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kuberedis_core.body import Body
from kuberedis_core.crd.names import DASHBOARD_LABELS, OPERATOR_LABELS, member_selector, selector
from kuberedis_core.crd.ports import REDIS_PORT, SENTINEL_PORT, SIDECAR_PORT
from kuberedis_operator.resources.kinds import NETWORK_POLICY
from kuberedis_operator.resources.objects import child
from kuberedis_operator.topology.topology import Topology


def build(topology: Topology) -> Body | None:
    """The NetworkPolicy, unless the spec turns it off."""
    if not topology.spec.network_policy:
        return None
    rules = [_rule([_namespaces(topology.client_namespaces)], SIDECAR_PORT)] if topology.client_namespaces else []
    if topology.dashboard_namespace is not None:
        rules.append(_rule([_pods(topology.dashboard_namespace, DASHBOARD_LABELS)], SIDECAR_PORT))
    if topology.spec.is_replicated:
        rules += [
            _rule([{"podSelector": {"matchLabels": member_selector(topology.name)}}], REDIS_PORT, SENTINEL_PORT),
            _rule([_pods(topology.operator_namespace, OPERATOR_LABELS)], SIDECAR_PORT),
        ]
    spec = {"podSelector": {"matchLabels": selector(topology.name)}, "policyTypes": ["Ingress"], "ingress": rules}
    return child(topology.instance, NETWORK_POLICY, topology.name, "network", spec=spec)


def _rule(peers: list[dict[str, Any]], *ports: int) -> dict[str, Any]:
    return {"from": peers, "ports": [{"protocol": "TCP", "port": port} for port in ports]}


def _pods(namespace: str, labels: Mapping[str, str]) -> dict[str, Any]:
    return {**_namespaces((namespace,)), "podSelector": {"matchLabels": dict(labels)}}


def _namespaces(names: tuple[str, ...]) -> dict[str, Any]:
    # Kubernetes itself sets this label on every namespace, so that nobody is let in by labelling their own.
    expression = {"key": "kubernetes.io/metadata.name", "operator": "In", "values": list(names)}
    return {"namespaceSelector": {"matchExpressions": [expression]}}
