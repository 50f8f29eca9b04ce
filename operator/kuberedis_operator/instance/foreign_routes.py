"""Routes that belong to no instance, as far as the operator may read them: which namespaces have routes on which hosts."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from kuberedis_core.api_kind import Kind
from kuberedis_core.body import Body
from kuberedis_core.crd.names import NamespacedName
from kuberedis_operator.resources.kinds import HTTP_ROUTE, INGRESS
from kuberedis_operator.topology.route_hosts import HostIndex, Hosts, http_route_hosts, ingress_hosts


class ForeignRoutes:
    """Hosts of Ingresses and HTTPRoutes that no instance controls."""

    def __init__(self) -> None:
        self.hosts = HostIndex()
        self._hosts_of: dict[tuple[Kind, NamespacedName], Hosts] = {}
        self.readers: dict[Kind, Callable[[NamespacedName, Body | None], None]] = {
            INGRESS: partial(self._changed, INGRESS, ingress_hosts),
            HTTP_ROUTE: partial(self._changed, HTTP_ROUTE, http_route_hosts),
        }
        """By kind, what is called with a route, or with None when it is gone or belongs to an instance."""

    def _changed(self, kind: Kind, hosts_of: Callable[[Body], Hosts], key: NamespacedName, body: Body | None) -> None:
        hosts = hosts_of(body) if body is not None else frozenset()
        self.hosts.remove(key.namespace, self._hosts_of.pop((kind, key), ()))
        if hosts:
            self._hosts_of[kind, key] = hosts
            self.hosts.add(key.namespace, hosts)
