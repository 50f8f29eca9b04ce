"""The HTTPRoute NAME: the instance's path on the operator's Gateway (https://gateway-api.sigs.k8s.io/reference/spec/#httproute).

What the Gateway API would fill in is written out, because its lists are replaced as a whole, so that what is applied equals what is
stored.
"""

from __future__ import annotations

from typing import Any

from kuberedis_core.crd.names import http_service_name
from kuberedis_core.crd.spec import Instance
from kuberedis_operator.resources.objects import Body, child
from kuberedis_operator.resources.ports import SERVICE_PORT
from kuberedis_operator.settings import Gateway, OperatorSettings
from kuberedis_operator.topology.route import Route, route_of

_GROUP = "gateway.networking.k8s.io"


def build(instance: Instance, settings: OperatorSettings) -> Body | None:
    """The HTTPRoute, if the instance is routed by one and there is a Gateway."""
    route = route_of(instance, settings)
    if route is None or route.routing != "HTTPRoute" or settings.gateway is None:
        return None
    spec: dict[str, Any] = {"parentRefs": [_parent(settings.gateway)], "rules": [_rule(instance, route)]}
    if route.host is not None:
        spec["hostnames"] = [route.host]
    annotations = instance.spec.ingress.annotations
    return child(instance, (f"{_GROUP}/v1", "HTTPRoute"), instance.name, "route", annotations=annotations, spec=spec)


def _parent(gateway: Gateway) -> dict[str, str]:
    parent = {"group": _GROUP, "kind": "Gateway", "namespace": gateway.namespace, "name": gateway.name}
    return parent | ({"sectionName": gateway.section} if gateway.section is not None else {})


def _rule(instance: Instance, route: Route) -> dict[str, Any]:
    # A prefix is matched by whole segments here: one of P is P itself and P/..., not Pxyz.
    matches = [{"path": {"type": kind, "value": route.path}} for kind in ("Exact", "PathPrefix")]
    backend = {"group": "", "kind": "Service", "name": http_service_name(instance.name), "port": SERVICE_PORT, "weight": 1}
    # A subscription is a response without end; a command that does not answer is ended by the sidecar.
    return {"matches": matches, "backendRefs": [backend], "timeouts": {"request": "0s"}}
