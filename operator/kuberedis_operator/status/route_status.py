"""Whether an ingress controller or a gateway has taken an instance's route, and at which address. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

Body = Mapping[str, Any]


class Admission(NamedTuple):
    """What a route's status says."""

    admitted: bool
    message: str
    """Why not, and what to look at."""
    address: str = ""
    """An IP address or host name, if the route's status has one."""


def ingress_admission(ingress: Body) -> Admission:
    """An Ingress is taken when a controller has published an address in it."""
    addresses = ingress.get("status", {}).get("loadBalancer", {}).get("ingress") or []
    if addresses:
        return Admission(True, "", addresses[0].get("hostname") or addresses[0].get("ip", ""))
    named = ingress["spec"].get("ingressClassName")
    which = f"of class {named!r}" if named else "without a class"
    return Admission(
        False, f"no ingress controller has taken Ingress {ingress['metadata']['name']} {which}; is one of that class installed?"
    )


def http_route_admission(route: Body) -> Admission:
    """An HTTPRoute is taken when each parent has accepted it and resolved what it refers to."""
    parents = route.get("status", {}).get("parents") or []
    wanted = len(route["spec"].get("parentRefs") or [])
    for parent in parents:
        for kind in ("Accepted", "ResolvedRefs"):
            condition: Body = next((each for each in parent.get("conditions", ()) if each["type"] == kind), {})
            if condition.get("status") != "True":
                said = condition.get("message") or condition.get("reason") or "nothing"
                return Admission(False, f"Gateway {parent['parentRef']['name']} has not taken the HTTPRoute; {kind}: {said}")
    if len(parents) < wanted:
        return Admission(False, "no gateway has taken the HTTPRoute; does the Gateway in the operator's settings exist, with a controller?")
    return Admission(True, "")


def admission_of(route: Body) -> Admission:
    """What the status of an Ingress or an HTTPRoute says."""
    return ingress_admission(route) if route["kind"] == "Ingress" else http_route_admission(route)
