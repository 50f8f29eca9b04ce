"""The PodDisruptionBudget NAME of several members: whoever drains nodes takes one of them at a time.

A drain may evict the primary too: its pod hands the role over before it ends, with or without the operator.
"""

from __future__ import annotations

from kuberedis_core.body import Body
from kuberedis_core.crd.names import disruption_budget_name, member_selector
from kuberedis_operator.resources.kinds import DISRUPTION_BUDGET
from kuberedis_operator.resources.objects import child
from kuberedis_operator.topology.topology import Topology


def build(topology: Topology) -> Body | None:
    """The PodDisruptionBudget; None for a member on its own, which would keep its node from being drained."""
    if not topology.spec.is_replicated:
        return None
    spec = {
        "maxUnavailable": 1,
        "selector": {"matchLabels": member_selector(topology.name)},
        # A member that is not ready protects nothing, and would block a drain for good if it cannot become so where it is.
        "unhealthyPodEvictionPolicy": "AlwaysAllow",
    }
    return child(topology.instance, DISRUPTION_BUDGET, disruption_budget_name(topology.name), "redis", spec=spec)
