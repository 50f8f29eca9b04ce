"""The Ingress NAME: the instance's path on the shared host, for whichever ingress controller the cluster runs.

It takes two paths, because some controllers match prefixes as texts, and `/instances/cache` would catch `/instances/cache2`. No
annotation of any controller: the sidecar serves the full path itself.
"""

from __future__ import annotations

from typing import Any

from kuberedis_core.crd.names import http_service_name
from kuberedis_core.crd.spec import Instance
from kuberedis_operator.resources.objects import Body, child
from kuberedis_operator.resources.ports import HTTP
from kuberedis_operator.settings import OperatorSettings
from kuberedis_operator.topology.route import Route, route_of


def build(instance: Instance, settings: OperatorSettings) -> Body | None:
    """The Ingress, if the instance is routed by one."""
    route = route_of(instance, settings)
    if route is None or route.routing != "Ingress":
        return None
    spec: dict[str, Any] = {"rules": [_rule(instance, route)]}
    if class_name := instance.spec.ingress.class_name or settings.ingress_class:
        spec["ingressClassName"] = class_name
    if route.tls_secret_name is not None:
        spec["tls"] = [{"secretName": route.tls_secret_name} | ({"hosts": [route.host]} if route.host is not None else {})]
    annotations = instance.spec.ingress.annotations
    return child(instance, ("networking.k8s.io/v1", "Ingress"), instance.name, "route", annotations=annotations, spec=spec)


def _rule(instance: Instance, route: Route) -> dict[str, Any]:
    backend = {"service": {"name": http_service_name(instance.name), "port": {"name": HTTP}}}
    paths = [
        {"path": route.path, "pathType": "Exact", "backend": backend},
        {"path": f"{route.path}/", "pathType": "Prefix", "backend": backend},
    ]
    return {"http": {"paths": paths}} | ({"host": route.host} if route.host is not None else {})
