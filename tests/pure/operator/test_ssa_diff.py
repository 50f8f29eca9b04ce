"""What is a difference between a rendered object and the live one, and what belongs to other writers."""

from typing import Any

import pytest

from kuberedis_operator.resources.ssa_diff import differences, digest

CONTAINER = {
    "name": "redis",
    "image": "redis:8",
    "env": [{"name": "A", "value": "1"}],
    "resources": {"limits": {"memory": "1Gi", "cpu": "0.1"}},
}


def pod(**changes: Any) -> dict[str, Any]:
    return {"spec": {"containers": [{**CONTAINER, **changes}]}}


def test_an_object_that_holds_what_was_rendered_and_more_is_left_alone() -> None:
    live = pod(imagePullPolicy="IfNotPresent")
    live["metadata"] = {"annotations": {"mesh.example.com/injected": "true"}}
    live["spec"]["containers"].insert(0, {"name": "proxy", "image": "mesh"})
    assert differences(pod(), live) == []


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"image": "redis:7"}, "spec.containers.redis.image"),
        ({"env": [{"name": "A", "value": "2"}]}, "spec.containers.redis.env.A.value"),
        ({"env": []}, "spec.containers.redis.env.A"),
        ({"resources": {"limits": {"memory": "2Gi", "cpu": "100m"}}}, "spec.containers.redis.resources.limits.memory"),
    ],
)
def test_an_edit_is_found(changes: dict[str, Any], path: str) -> None:
    assert [".".join(found) for found in differences(pod(), pod(**changes))] == [path]


def test_a_missing_container_is_found() -> None:
    assert differences(pod(), {"spec": {"containers": [{"name": "other"}]}})


def test_quantities_are_compared_by_value() -> None:
    assert differences(pod(), pod(resources={"limits": {"memory": "1024Mi", "cpu": "100m"}})) == []


def test_texts_that_look_like_quantities_are_not_compared_by_value() -> None:
    assert differences({"data": {"maxmemory": "1Gi"}}, {"data": {"maxmemory": "1024Mi"}})


def test_a_label_added_to_a_selector_is_found() -> None:
    rendered = {"spec": {"selector": {"app": "cache"}}}
    assert differences(rendered, {"spec": {"selector": {"app": "cache", "version": "2"}}})


def test_a_label_added_to_a_nested_selector_is_found() -> None:
    rendered = {"spec": {"podSelector": {"matchLabels": {"app": "cache"}}}}
    assert differences(rendered, {"spec": {"podSelector": {"matchLabels": {"app": "cache", "version": "2"}}}})


def test_a_rule_added_to_a_list_without_keys_is_found() -> None:
    assert differences({"ingress": [{"from": [1]}]}, {"ingress": [{"from": [1]}, {"from": [2]}]})


def test_defaults_inside_a_list_without_keys_are_left_alone() -> None:
    assert differences({"rules": [{"backendRefs": [{"name": "a"}]}]}, {"rules": [{"backendRefs": [{"name": "a", "weight": 1}]}]}) == []


def test_a_port_that_was_moved_is_found() -> None:
    rendered = {"ports": [{"name": "http", "port": 80, "targetPort": "http"}]}
    assert differences(rendered, {"ports": [{"name": "http", "port": 80, "protocol": "TCP", "targetPort": "http"}]}) == []
    assert differences(rendered, {"ports": [{"name": "http", "port": 81, "protocol": "TCP", "targetPort": "http"}]})


@pytest.mark.parametrize("empty", [{}, [], None, ""])
def test_empty_and_absent_are_the_same(empty: object) -> None:
    assert differences({"annotations": empty}, {}) == []


def test_a_digest_does_not_depend_on_the_order_of_members() -> None:
    assert digest({"a": 1, "b": [1, 2]}) == digest({"b": [1, 2], "a": 1})
    assert digest({"a": [1, 2]}) != digest({"a": [2, 1]})
