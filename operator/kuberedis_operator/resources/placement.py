"""Where the pods of several members run: preferably on different nodes and in different zones.

It is a preference, because members that nobody can place are worse than two on one node. What the user writes of the same kind replaces it.
"""

from __future__ import annotations

from typing import Any

from kuberedis_core.crd.names import member_selector
from kuberedis_operator.topology.topology import Topology

_HOST, _ZONE = "kubernetes.io/hostname", "topology.kubernetes.io/zone"


def placement(topology: Topology) -> dict[str, Any]:
    """Members of the pods' `spec` that the scheduler reads."""
    own = topology.spec.pod_template.pod_spec
    if not topology.spec.is_replicated:
        return {**own}
    members = {"matchLabels": member_selector(topology.name)}
    apart = {"weight": 100, "podAffinityTerm": {"topologyKey": _HOST, "labelSelector": members}}
    spread = {"maxSkew": 1, "topologyKey": _ZONE, "whenUnsatisfiable": "ScheduleAnyway", "labelSelector": members}
    return {
        "topologySpreadConstraints": [spread],
        **own,
        "affinity": {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [apart]}, **own.get("affinity", {})},
    }
