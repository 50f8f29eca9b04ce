"""How an instance is reached from outside the cluster, as its spec and the operator's settings say.

The one place that decides on host, path and TLS, for the Ingress, the HTTPRoute and the status alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from kuberedis_core.crd.spec import Instance, Routing
from kuberedis_operator.settings import GATEWAY, Gateway, OperatorSettings
from kuberedis_operator.topology.route_hosts import Hosts, annotated_hosts


class RouteClaim(NamedTuple):
    """What a route takes: a path on some hosts. None stands for every host that no other route names."""

    path: str
    hosts: Hosts
    own_hosts: frozenset[str]
    """Those that the instance itself asks for, and not the operator's settings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A route that an instance wants."""

    routing: Routing
    host: str | None
    """None: every host."""
    added_hosts: frozenset[str]
    """Hosts that annotations of the route add."""
    default_host: str | None
    """Host that instances have by the operator's settings."""
    path: str
    """The base path, without `/` at its end."""
    tls_secret_name: str | None
    ingress_class: str | None
    """Class of the Ingress; None: the cluster's default."""
    gateway: Gateway | None
    """Parent of the HTTPRoute."""
    public_url: str | None
    """URL in front of the path, if the operator's settings say how the outside reaches the host."""

    @property
    def claim(self) -> RouteClaim:
        """What no other instance may have."""
        hosts = frozenset({self.host, *self.added_hosts})
        return RouteClaim(self.path, hosts, frozenset(host for host in hosts if host not in (None, self.default_host)))

    @property
    def scheme(self) -> str:
        """`https` if TLS is known to be terminated for this route, or else `http`."""
        return "https" if self.tls_secret_name is not None else "http"

    @property
    def obstacle(self) -> str | None:
        """Why the route cannot be rendered, with what to do about it, or None if it can."""
        if self.routing == "HTTPRoute" and self.gateway is None:
            return (
                f"spec.routing is HTTPRoute, but no Gateway is set in the operator's environment; set {GATEWAY} there,"
                " or write routing: Ingress"
            )
        return None

    def url(self, address: str | None) -> str | None:
        """Where clients reach the instance, or None while that is not known.

        Args:
            address: IP address or host name of the ingress controller, for a route without a host.
        """
        if self.public_url is not None:
            return f"{self.public_url}{self.path}"
        host = self.host or address
        if not host:
            return None
        return f"{self.scheme}://{f'[{host}]' if ':' in host else host}{self.path}"


def route_of(instance: Instance, settings: OperatorSettings) -> Route | None:
    """The route that `instance` wants, or None if it is to be reached from within the cluster only."""
    ingress = instance.spec.ingress
    if not ingress.enabled:
        return None
    host = ingress.host or settings.ingress_host
    return Route(
        routing=instance.spec.routing or settings.routing,
        host=host,
        added_hosts=annotated_hosts(ingress.annotations, host),
        default_host=settings.ingress_host,
        path=settings.path(instance.namespace, instance.name),
        tls_secret_name=ingress.tls_secret_name or settings.ingress_tls_secret,
        ingress_class=ingress.class_name or settings.ingress_class,
        gateway=settings.gateway,
        public_url=settings.public_url,
    )
