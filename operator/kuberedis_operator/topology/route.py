"""How an instance is reached from outside, as its spec and the operator's settings want it.

The one place that decides on host, path and TLS, for the Ingress, the HTTPRoute and the status alike.
"""

from __future__ import annotations

from dataclasses import dataclass

from kuberedis_core.crd.spec import Instance, Routing
from kuberedis_operator.settings import OperatorSettings


@dataclass(frozen=True, slots=True)
class Route:
    """A route that an instance wants."""

    routing: Routing
    host: str | None
    """None: every host."""
    path: str
    """The base path, without `/` at its end."""
    tls_secret_name: str | None

    @property
    def scheme(self) -> str:
        """`https` if TLS is known to be terminated for this route, or else `http`."""
        return "https" if self.tls_secret_name is not None else "http"

    def url(self, settings: OperatorSettings, address: str | None) -> str | None:
        """Where clients reach the instance, or None while that is not known.

        Args:
            settings: Of the operator; its public URL comes first.
            address: Of the ingress controller, an IP address or a host name, for a route without a host.
        """
        if settings.public_url is not None:
            return f"{settings.public_url}{self.path}"
        host = self.host or address
        if not host:
            return None
        return f"{self.scheme}://{f'[{host}]' if ':' in host else host}{self.path}"


def route_of(instance: Instance, settings: OperatorSettings) -> Route | None:
    """The route that `instance` wants, or None if it is to be reached from within the cluster only."""
    ingress = instance.spec.ingress
    if not ingress.enabled:
        return None
    return Route(
        routing=instance.spec.routing or settings.routing,
        host=ingress.host or settings.ingress_host,
        path=settings.path(instance.namespace, instance.name),
        tls_secret_name=ingress.tls_secret_name or settings.ingress_tls_secret,
    )


def obstacle(route: Route, settings: OperatorSettings) -> str | None:
    """Why `route` cannot be rendered, with what to do about it, or None if it can."""
    if route.routing == "HTTPRoute" and settings.gateway is None:
        return "spec.routing is HTTPRoute, but the operator knows no Gateway; have KUBEREDIS_GATEWAY set for it, or write routing: Ingress"
    return None
