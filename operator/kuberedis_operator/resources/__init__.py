"""The children of an instance: one pure builder for each, topology in, object out.

A builder returns the object to apply, or None if the spec wants none. `BUILDERS` is the only list of them. Secrets are not among them:
nothing rendered here holds a key (see `secret.py`). Nor are the Services of several members, whose addresses the others hold
(see `services.build_member`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from kuberedis_core.api_kind import Kind
from kuberedis_core.body import Body
from kuberedis_operator.resources import (
    certificate,
    config_map,
    disruption_budget,
    http_route,
    ingress,
    network_policy,
    services,
    statefulset,
)
from kuberedis_operator.resources.kinds import (
    CERTIFICATE,
    CONFIG_MAP,
    DISRUPTION_BUDGET,
    HTTP_ROUTE,
    INGRESS,
    NETWORK_POLICY,
    SERVICE,
    STATEFUL_SET,
)
from kuberedis_operator.topology.topology import Topology


@dataclass(frozen=True, slots=True)
class Builder:
    """What builds one child."""

    kind: Kind
    build: Callable[[Topology], Body | None]
    is_route: bool = False


@dataclass(frozen=True, slots=True)
class Child:
    """An object to apply, complete but for the annotation with its hash."""

    kind: Kind
    body: Body

    @property
    def name(self) -> str:
        """Name of the object."""
        name: str = self.body["metadata"]["name"]
        return name


BUILDERS = (
    Builder(CONFIG_MAP, config_map.build),
    Builder(NETWORK_POLICY, network_policy.build),
    Builder(SERVICE, services.build_headless),
    Builder(SERVICE, services.build_http),
    Builder(DISRUPTION_BUDGET, disruption_budget.build),
    Builder(CERTIFICATE, certificate.build),
    Builder(STATEFUL_SET, statefulset.build),
    Builder(INGRESS, ingress.build, is_route=True),
    Builder(HTTP_ROUTE, http_route.build, is_route=True),
)
"""In the order in which children are applied: what a pod mounts, and what protects it, precedes the pod."""


def render(topology: Topology, *, routed: bool = True) -> list[Child]:
    """The children that an instance wants, except for its Secrets and the Services of its members, in the order in which to apply them.

    Args:
        topology: topology of the instance; the addresses of several members are known.
        routed: False leaves the route out, because its path belongs to another instance.
    """
    builders = [builder for builder in BUILDERS if routed or not builder.is_route]
    return [Child(builder.kind, body) for builder in builders if (body := builder.build(topology)) is not None]
