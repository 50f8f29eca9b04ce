"""How an instance is reached: one path of the shared host, by an Ingress or by an HTTPRoute."""

from typing import Any

import pytest

from kuberedis_core.body import Body
from kuberedis_operator.topology.route import route_of
from tests.operator.rendering import GATEWAY, SETTINGS, instance, rendered, settings


def ingress(variables: dict[str, str] | None = None, **spec: Any) -> Body:
    """The Ingress of an instance."""
    return rendered(instance(**spec), settings(**(variables or {})))["Ingress/my-cache"]


def http_route(variables: dict[str, str] | None = None, **spec: Any) -> Body:
    """The HTTPRoute of an instance."""
    return rendered(instance(**spec), settings(**GATEWAY, **(variables or {})))["HTTPRoute/my-cache"]


def kinds(**spec: Any) -> set[str]:
    """Kinds of the routes of an instance, of an operator that has a Gateway."""
    found = rendered(instance(**spec), settings(KUBEREDIS_GATEWAY="projectcontour/contour"))
    return {name.partition("/")[0] for name in found} & {"Ingress", "HTTPRoute"}


def test_an_ingress_takes_the_path_and_what_is_below_but_no_neighbour() -> None:
    (rule,) = ingress()["spec"]["rules"]
    assert [(path["path"], path["pathType"]) for path in rule["http"]["paths"]] == [
        ("/instances/my-cache", "Exact"),
        ("/instances/my-cache/", "Prefix"),
    ]
    for path in rule["http"]["paths"]:
        assert path["backend"] == {"service": {"name": "my-cache-http", "port": {"name": "http"}}}


def test_an_ingress_without_any_setting_is_of_the_default_class_for_every_host() -> None:
    spec = ingress()["spec"]
    assert spec.keys() == {"rules"}
    assert "host" not in spec["rules"][0]
    assert "annotations" not in ingress()["metadata"]


def test_host_class_and_certificate_come_from_the_operator_unless_the_spec_names_others() -> None:
    variables = {
        "KUBEREDIS_INGRESS_HOST": "redis.example.com",
        "KUBEREDIS_INGRESS_CLASS": "nginx",
        "KUBEREDIS_INGRESS_TLS_SECRET": "shared-tls",
    }
    shared = ingress(variables)["spec"]
    assert (shared["rules"][0]["host"], shared["ingressClassName"]) == ("redis.example.com", "nginx")
    assert shared["tls"] == [{"hosts": ["redis.example.com"], "secretName": "shared-tls"}]
    own = ingress(variables, ingress={"host": "mine.example.com", "className": "traefik", "tlsSecretName": "mine-tls"})["spec"]
    assert (own["rules"][0]["host"], own["ingressClassName"]) == ("mine.example.com", "traefik")
    assert own["tls"] == [{"hosts": ["mine.example.com"], "secretName": "mine-tls"}]


def test_annotations_for_the_controller_are_on_the_route_only() -> None:
    annotations = {"nginx.ingress.kubernetes.io/limit-rps": "10"}
    children = rendered(instance(ingress={"annotations": annotations}))
    assert [name for name, body in children.items() if body["metadata"].get("annotations") == annotations] == ["Ingress/my-cache"]


def test_an_http_route_takes_the_path_from_the_operators_gateway() -> None:
    spec = http_route({"KUBEREDIS_INGRESS_HOST": "redis.example.com"})["spec"]
    (parent,) = spec["parentRefs"]
    assert (parent["namespace"], parent["name"], parent["sectionName"]) == ("projectcontour", "contour", "http")
    assert spec["hostnames"] == ["redis.example.com"]
    (rule,) = spec["rules"]
    assert [(match["path"]["type"], match["path"]["value"]) for match in rule["matches"]] == [
        ("Exact", "/instances/my-cache"),
        ("PathPrefix", "/instances/my-cache"),
    ]
    (backend,) = rule["backendRefs"]
    assert (backend["name"], backend["port"]) == ("my-cache-http", 80)


@pytest.mark.parametrize("routing", ["Ingress", "HTTPRoute"])
def test_the_spec_picks_the_kind_of_route(routing: str) -> None:
    assert kinds(routing=routing) == {routing}


def test_an_instance_may_have_no_route() -> None:
    assert kinds(ingress={"enabled": False}) == set()


def test_an_instance_whose_path_is_taken_has_everything_but_its_route() -> None:
    with_route, without = rendered(instance()), rendered(instance(), routed=False)
    assert with_route.keys() - without.keys() == {"Ingress/my-cache"}


def test_an_http_route_without_a_gateway_is_reported_and_not_rendered() -> None:
    wanting = instance(routing="HTTPRoute")
    assert "HTTPRoute/my-cache" not in rendered(wanting)
    route = route_of(wanting, SETTINGS)
    assert route is not None
    assert "write routing: Ingress" in (route.obstacle or "")
    with_gateway = route_of(wanting, settings(**GATEWAY))
    assert with_gateway is not None
    assert with_gateway.obstacle is None


@pytest.mark.parametrize(
    ("variables", "spec", "address", "url"),
    [
        ({}, {}, None, None),
        ({}, {}, "172.31.255.2", "http://172.31.255.2/instances/my-cache"),
        ({}, {}, "fd00::2", "http://[fd00::2]/instances/my-cache"),
        ({}, {"ingress": {"host": "a.example.com"}}, "172.31.255.2", "http://a.example.com/instances/my-cache"),
        (
            {"KUBEREDIS_INGRESS_HOST": "a.example.com", "KUBEREDIS_INGRESS_TLS_SECRET": "tls"},
            {},
            None,
            "https://a.example.com/instances/my-cache",
        ),
        (
            {"KUBEREDIS_PUBLIC_URL": "https://edge.example.com/redis/", "KUBEREDIS_PATH_TEMPLATE": "/{namespace}/{name}"},
            {"ingress": {"host": "inner.example.com"}},
            None,
            "https://edge.example.com/redis/team-a/my-cache",
        ),
    ],
)
def test_the_url_is_what_clients_use(variables: dict[str, str], spec: dict[str, Any], address: str | None, url: str | None) -> None:
    route = route_of(instance(**spec), settings(**variables))
    assert route is not None
    assert route.url(address) == url
