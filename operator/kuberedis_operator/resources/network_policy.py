"""The NetworkPolicy NAME: who reaches the pod of an instance, by the namespace they are in.

Ingress controllers and the monitoring reach the sidecar's port, and nothing reaches Redis'. What the pod itself connects to is not
restricted: Redis connects to nothing and the sidecar only to a collector of traces, whose address the operator does not know.
"""

from __future__ import annotations

from typing import Any

from kuberedis_core.crd.names import selector
from kuberedis_core.crd.ports import SIDECAR_PORT
from kuberedis_core.crd.spec import Instance
from kuberedis_operator.resources.objects import Body, child
from kuberedis_operator.settings import OperatorSettings


def build(instance: Instance, settings: OperatorSettings) -> Body | None:
    """The NetworkPolicy, unless the spec turns it off."""
    if not instance.spec.network_policy:
        return None
    spec = {
        "podSelector": {"matchLabels": selector(instance.name)},
        "policyTypes": ["Ingress"],
        "ingress": _rules(settings),
    }
    return child(instance, ("networking.k8s.io/v1", "NetworkPolicy"), instance.name, "network", spec=spec)


def _rules(settings: OperatorSettings) -> list[dict[str, Any]]:
    # Many controllers run what a Gateway describes beside that Gateway.
    gateways = {settings.gateway.namespace} if settings.gateway is not None else set()
    namespaces = sorted({*settings.ingress_namespaces, *settings.monitoring_namespaces, *gateways})
    if not namespaces:
        return []
    # Kubernetes itself keeps this label on every namespace, so that nobody can join by labelling their own.
    members = [{"key": "kubernetes.io/metadata.name", "operator": "In", "values": namespaces}]
    return [
        {
            "from": [{"namespaceSelector": {"matchExpressions": members}}],
            "ports": [{"protocol": "TCP", "port": SIDECAR_PORT}],
        }
    ]
