"""Whether a route is accepted, by what its controller wrote into its status."""

from typing import Any

from kuberedis_operator.status.route_status import route_status


def ingress(*addresses: dict[str, str], class_name: str | None = None) -> dict[str, Any]:
    spec = {"ingressClassName": class_name} if class_name else {}
    return {"kind": "Ingress", "metadata": {"name": "cache"}, "spec": spec, "status": {"loadBalancer": {"ingress": list(addresses)}}}


def http_route(*conditions: tuple[str, str, str]) -> dict[str, Any]:
    parent = {
        "parentRef": {"name": "shared"},
        "conditions": [{"type": kind, "status": status, "message": message} for kind, status, message in conditions],
    }
    status = {"parents": [parent] if conditions else []}
    return {"kind": "HTTPRoute", "metadata": {"name": "cache"}, "spec": {"parentRefs": [{"name": "shared"}]}, "status": status}


def test_an_ingress_with_an_address_is_accepted() -> None:
    assert route_status(ingress({"ip": "192.0.2.1"}))[::2] == (True, "192.0.2.1")
    assert route_status(ingress({"hostname": "lb.example.com"}))[::2] == (True, "lb.example.com")


def test_the_message_of_an_ingress_that_is_not_accepted_names_its_class() -> None:
    refused = route_status(ingress(class_name="nginx"))
    assert not refused.accepted
    assert "'nginx'" in refused.message
    assert "without a class" in route_status(ingress()).message


def test_an_http_route_is_accepted_when_its_parent_accepted_and_resolved_it() -> None:
    assert route_status(http_route(("Accepted", "True", ""), ("ResolvedRefs", "True", ""))).accepted


def test_the_message_of_a_refused_http_route_is_that_of_the_gateway() -> None:
    refused = route_status(http_route(("Accepted", "False", "no matching listener")))
    assert not refused.accepted
    assert "Gateway shared" in refused.message
    assert "no matching listener" in refused.message


def test_the_message_of_an_http_route_without_parents_says_what_to_check() -> None:
    assert "does the Gateway in the operator's settings exist" in route_status(http_route()).message
