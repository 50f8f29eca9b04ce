"""The HTTPRoute NAME: the instance's path on the operator's Gateway (https://gateway-api.sigs.k8s.io/reference/spec/#httproute).

What the Gateway API would fill in is written out, because its lists are replaced as a whole, so that what is applied equals what is
stored.
"""

from __future__ import annotations

from typing import Any

from kuberedis_core.body import Body
from kuberedis_core.crd.ports import SERVICE_PORT
from kuberedis_operator.resources.kinds import GATEWAY, HTTP_ROUTE, SERVICE
from kuberedis_operator.resources.objects import child
from kuberedis_operator.settings import Gateway
from kuberedis_operator.topology.topology import Topology


def build(topology: Topology) -> Body | None:
    """The HTTPRoute, if the instance is routed by one and there is a Gateway."""
    route = topology.route
    if route is None or route.routing != "HTTPRoute" or route.gateway is None:
        return None
    spec: Body = {"parentRefs": [_parent(route.gateway)], "rules": [_rule(route.path, topology.http_service)]}
    if route.host is not None:
        spec["hostnames"] = [route.host]
    annotations = topology.spec.ingress.annotations
    return child(topology.instance, HTTP_ROUTE, topology.name, "route", annotations=annotations, spec=spec)


def _parent(gateway: Gateway) -> dict[str, str]:
    parent = {"group": GATEWAY.group, "kind": GATEWAY.kind, "namespace": gateway.namespace, "name": gateway.name}
    return parent | ({"sectionName": gateway.section} if gateway.section is not None else {})


def _rule(path: str, service: str) -> dict[str, Any]:
    # A prefix is matched by whole segments here: one of P is P itself and P/..., not Pxyz.
    matches = [{"path": {"type": type_, "value": path}} for type_ in ("Exact", "PathPrefix")]
    backend = {"group": SERVICE.group, "kind": SERVICE.kind, "name": service, "port": SERVICE_PORT, "weight": 1}
    # A subscription is a response without end; the sidecar itself ends a command that takes too long.
    return {"matches": matches, "backendRefs": [backend], "timeouts": {"request": "0s"}}
