"""Which hosts a route takes, by its rules and by annotations of any controller."""

from typing import Any

import pytest

from kuberedis_operator.topology.route import route_of
from kuberedis_operator.topology.route_hosts import annotated_hosts, http_route_hosts, ingress_hosts
from tests.operator.rendering import instance, settings

ANNOTATIONS: list[tuple[dict[str, str], str | None, set[str]]] = [
    ({"nginx.ingress.kubernetes.io/server-alias": "B.example.com, *.c.example.com"}, None, {"b.example.com", "*.c.example.com"}),
    ({"nginx.ingress.kubernetes.io/server-alias": r"~^www\d+\.example\.com$"}, None, {r"~^www\d+\.example\.com$"}),
    ({"haproxy-ingress.github.io/server-alias": "b.example.com"}, None, {"b.example.com"}),
    ({"haproxy-ingress.github.io/server-alias-regex": "^b[.]"}, None, {"^b[." + "]"}),
    ({"ingress.kubernetes.io/server-alias": "b.example.com."}, None, {"b.example.com"}),
    ({"konghq.com/host-aliases": "b.example.com,c.example.com"}, None, {"b.example.com", "c.example.com"}),
    ({"external-dns.alpha.kubernetes.io/hostname": "b.example.com"}, None, {"b.example.com"}),
    ({"nginx.ingress.kubernetes.io/from-to-www-redirect": "true"}, "a.example.com", {"www.a.example.com"}),
    ({"nginx.ingress.kubernetes.io/from-to-www-redirect": "true"}, "www.a.example.com", {"a.example.com"}),
    ({"nginx.ingress.kubernetes.io/from-to-www-redirect": "false"}, "a.example.com", set()),
    ({"nginx.ingress.kubernetes.io/limit-rps": "5"}, "a.example.com", set()),
]


@pytest.mark.parametrize(("annotations", "host", "hosts"), ANNOTATIONS)
def test_annotations_that_add_hosts_are_hosts(annotations: dict[str, str], host: str | None, hosts: set[str]) -> None:
    assert annotated_hosts(annotations, host) == hosts


def test_an_instance_takes_the_hosts_that_it_writes_and_not_only_that_of_its_rule() -> None:
    annotations = {"nginx.ingress.kubernetes.io/server-alias": "b.example.com,shared.example.com"}
    route = route_of(instance(ingress={"annotations": annotations}), settings(KUBEREDIS_INGRESS_HOST="shared.example.com"))
    assert route is not None
    assert route.claim.hosts == {"shared.example.com", "b.example.com"}
    assert route.claim.own_hosts == {"b.example.com"}


INGRESSES: list[tuple[dict[str, Any], set[str | None]]] = [
    ({"rules": [{"host": "a.example.com"}, {"host": "*.b.example.com"}]}, {"a.example.com", "*.b.example.com"}),
    ({"rules": [{"host": ""}]}, {None}),
    ({"rules": [{}, {"host": "a.example.com"}]}, {None, "a.example.com"}),
    ({"defaultBackend": {}, "rules": [{"host": "a.example.com"}]}, {None, "a.example.com"}),
    ({"defaultBackend": {}}, {None}),
    ({}, {None}),
]


@pytest.mark.parametrize(("spec", "hosts"), INGRESSES)
def test_any_ingress_is_read(spec: dict[str, Any], hosts: set[str | None]) -> None:
    assert ingress_hosts({"metadata": {"annotations": None}, "spec": spec}) == hosts


def test_any_http_route_is_read() -> None:
    assert http_route_hosts({"metadata": {}, "spec": {"hostnames": ["a.example.com", "*.b.example.com"]}}) == {
        "a.example.com",
        "*.b.example.com",
    }
    assert http_route_hosts({"metadata": {}, "spec": {}}) == {None}
