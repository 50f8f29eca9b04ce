"""Kinds as data: where the API serves each, and which builder renders it."""

import pytest

from kuberedis_core.api_kind import Kind
from kuberedis_operator.resources import BUILDERS, render
from kuberedis_operator.resources.kinds import CHILDREN, CONFIG_MAP, HTTP_ROUTE, INSTANCE, STATEFUL_SET
from tests.operator.rendering import GATEWAY, instance, settings, topology


@pytest.mark.parametrize(
    ("kind", "namespace", "rest", "path"),
    [
        (CONFIG_MAP, "ns", ["a"], "/api/v1/namespaces/ns/configmaps/a"),
        (CONFIG_MAP, None, [], "/api/v1/configmaps"),
        (STATEFUL_SET, "ns", [], "/apis/apps/v1/namespaces/ns/statefulsets"),
        (INSTANCE, "ns", ["a", "status"], "/apis/cache.yourcompany.com/v1alpha1/namespaces/ns/redishttpinstances/a/status"),
    ],
)
def test_paths(kind: Kind, namespace: str | None, rest: list[str], path: str) -> None:
    assert kind.path(namespace, *rest) == path


@pytest.mark.parametrize(
    ("kind", "group", "version"), [(CONFIG_MAP, "", "v1"), (HTTP_ROUTE, "gateway.networking.k8s.io", "v1"), (STATEFUL_SET, "apps", "v1")]
)
def test_group_and_version(kind: Kind, group: str, version: str) -> None:
    assert (kind.group, kind.version) == (group, version)


@pytest.mark.parametrize("variables", [{}, GATEWAY], ids=["Ingress", "HTTPRoute"])
def test_every_child_is_of_the_kind_of_its_builder(variables: dict[str, str]) -> None:
    for child in render(topology(instance(), settings(**variables))):
        assert (child.body["apiVersion"], child.body["kind"]) == (child.kind.api_version, child.kind.kind)


def test_every_kind_that_is_built_is_watched() -> None:
    assert {builder.kind for builder in BUILDERS} < set(CHILDREN)
