"""Whether an ingress controller or a gateway has accepted an instance's route, and at which address. Pure."""

from __future__ import annotations

from typing import NamedTuple

from kuberedis_core.body import Body
from kuberedis_operator.resources.kinds import INGRESS


class RouteStatus(NamedTuple):
    """What the status of an Ingress or an HTTPRoute says."""

    accepted: bool
    message: str
    """Why not, and what to check."""
    address: str = ""
    """An IP address or host name, if the route's status has one."""


def route_status(route: Body) -> RouteStatus:
    """The status of an Ingress or an HTTPRoute."""
    return _ingress_status(route) if route["kind"] == INGRESS.kind else _http_route_status(route)


def _ingress_status(ingress: Body) -> RouteStatus:
    """An Ingress is accepted when a controller has published an address in it."""
    addresses = ingress.get("status", {}).get("loadBalancer", {}).get("ingress") or []
    if addresses:
        return RouteStatus(True, "", addresses[0].get("hostname") or addresses[0].get("ip", ""))
    class_name = ingress["spec"].get("ingressClassName")
    which = f"of class {class_name!r}" if class_name else "without a class"
    return RouteStatus(
        False, f"no ingress controller has accepted Ingress {ingress['metadata']['name']} {which}; is one for that class installed?"
    )


def _http_route_status(route: Body) -> RouteStatus:
    """An HTTPRoute is accepted when each parent has accepted it and resolved what it refers to."""
    parents = route.get("status", {}).get("parents") or []
    wanted = len(route["spec"].get("parentRefs") or [])
    for parent in parents:
        for kind in ("Accepted", "ResolvedRefs"):
            condition: Body = next((each for each in parent.get("conditions", ()) if each["type"] == kind), {})
            if condition.get("status") != "True":
                cause = condition.get("message") or condition.get("reason") or "no cause given"
                return RouteStatus(False, f"Gateway {parent['parentRef']['name']} has not accepted the HTTPRoute; {kind}: {cause}")
    if len(parents) < wanted:
        return RouteStatus(
            False, "no gateway has accepted the HTTPRoute; does the Gateway in the operator's settings exist, with a controller?"
        )
    return RouteStatus(True, "")
