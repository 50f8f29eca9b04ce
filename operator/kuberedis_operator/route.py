"""How an instance is reached from outside, as its spec and the operator's settings want it.

The one place that decides on host, path and TLS, for the Ingress, the HTTPRoute and the status alike.
"""

from __future__ import annotations

from dataclasses import dataclass

from kuberedis_operator.settings import OperatorSettings, Routing
from kuberedis_operator.spec import Instance


@dataclass(frozen=True, slots=True)
class Route:
    """A route that an instance wants."""

    routing: Routing
    host: str | None
    """None: every host."""
    path: str
    """The base path, without `/` at its end."""
    tls_secret_name: str | None

    def url(self, settings: OperatorSettings, address: str | None) -> str | None:
        """Where clients reach the instance, or None while that is not known.

        Args:
            settings: Of the operator; its public URL comes first.
            address: Of the ingress controller, an IP address or a host name, for a route without a host.
        """
        raise NotImplementedError


def route_of(instance: Instance, settings: OperatorSettings) -> Route | None:
    """The route that `instance` wants, or None if it is to be reached from within the cluster only."""
    raise NotImplementedError


def obstacle(route: Route, settings: OperatorSettings) -> str | None:
    """Why `route` cannot be rendered, with what to do about it, or None if it can."""
    raise NotImplementedError
