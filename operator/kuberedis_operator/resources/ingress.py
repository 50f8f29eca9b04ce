"""The Ingress NAME: the instance's path on the shared host, for whichever ingress controller the cluster runs.

It has two paths, because some controllers match prefixes as strings, and `/instances/cache` would match `/instances/cache2`. It has no
annotation of any controller: the sidecar serves the full path itself.
"""

from __future__ import annotations

from typing import Any

from kuberedis_core.body import Body
from kuberedis_core.crd.ports import HTTP
from kuberedis_operator.resources.kinds import INGRESS
from kuberedis_operator.resources.objects import child
from kuberedis_operator.topology.route import Route
from kuberedis_operator.topology.topology import Topology


def build(topology: Topology) -> Body | None:
    """The Ingress, if the instance is routed by one."""
    route = topology.route
    if route is None or route.routing != "Ingress":
        return None
    spec: Body = {"rules": [_rule(route, topology.http_service)]}
    if route.ingress_class is not None:
        spec["ingressClassName"] = route.ingress_class
    if route.tls_secret_name is not None:
        spec["tls"] = [{"secretName": route.tls_secret_name} | ({"hosts": [route.host]} if route.host is not None else {})]
    annotations = topology.spec.ingress.annotations
    return child(topology.instance, INGRESS, topology.name, "route", annotations=annotations, spec=spec)


def _rule(route: Route, service: str) -> dict[str, Any]:
    backend = {"service": {"name": service, "port": {"name": HTTP}}}
    paths = [
        {"path": route.path, "pathType": "Exact", "backend": backend},
        {"path": f"{route.path}/", "pathType": "Prefix", "backend": backend},
    ]
    return {"http": {"paths": paths}} | ({"host": route.host} if route.host is not None else {})
