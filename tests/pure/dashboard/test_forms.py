"""Forms: a manifest becomes texts and the texts become a manifest, with the words of the schema."""

from typing import Any

import pytest

from kuberedis_dashboard.views.fields import field, fields, sentences
from kuberedis_dashboard.views.form_values import changes, patch_of, patched, settings, spec_of, values_of, values_of_form


def test_help_choices_and_defaults_are_those_of_the_schema() -> None:
    policy = field("evictionPolicy")
    assert policy.kind == "choice"
    assert policy.default == "noeviction"
    assert policy.choices[:2] == ("noeviction", "allkeys-lru")
    assert policy.help == "What Redis does when maxmemory is reached."
    assert policy.more.startswith("noeviction: writes fail")
    assert field("capacity").is_required
    assert field("ingress.enabled").kind == "flag"
    assert field("ingress.enabled").default == "true"
    assert field("replicas").choices == ("1", "3")
    assert field("limits.maxTokenSeconds").kind == "number"
    assert field("config").kind == "settings"
    assert all(each.help for each in fields())


def test_a_description_is_one_paragraph_without_marks() -> None:
    assert sentences("Of `a`.\n\nAnd `b`.") == "Of a. And b."


@pytest.mark.parametrize(
    "spec",
    [
        {"capacity": "1Gi"},
        {"capacity": "1Gi", "replicas": 3, "paused": True, "ingress": {"enabled": False}},
        {"capacity": "8Gi", "version": "8", "limits": {"maxTokenSeconds": 600}, "persistence": "none"},
        {"capacity": "8Gi", "config": {"hz": "50", "lua-time": "", "notify-keyspace-events": "Ex", "spaced": " a b "}},
        {"capacity": "1Gi", "ingress": {"host": "redis.example.com"}},
    ],
)
def test_a_spec_survives_the_form(spec: dict[str, Any]) -> None:
    values = values_of(spec)
    assert spec_of(values) == spec
    assert patch_of(values, values) == {}


def test_a_form_without_a_box_that_is_not_ticked_says_false() -> None:
    sent = values_of_form({"capacity": " 2Gi ", "config": "hz 50\r\n# a comment\r\n", "ingress.enabled": "true", "unknown": "x"})
    assert spec_of(sent) == {"capacity": "2Gi", "config": {"hz": "50"}}
    assert spec_of(values_of_form({"capacity": "1Gi"})) == {"capacity": "1Gi", "ingress": {"enabled": False}}
    assert "paused" not in values_of_form({}, [field("capacity")])


@pytest.mark.parametrize(
    ("before", "after", "patch"),
    [
        ({}, {"capacity": "2Gi"}, {"capacity": "2Gi"}),
        ({"maxmemory": "1Gi"}, {"maxmemory": ""}, {"maxmemory": None}),
        ({}, {"replicas": "3", "paused": "true"}, {"replicas": 3, "paused": True}),
        ({}, {"replicas": "two"}, {"replicas": "two"}),
        ({}, {"limits.maxTokenSeconds": "9" * 40}, {"limits": {"maxTokenSeconds": "9" * 40}}),
        ({"config": {"a": "1", "b": "2"}}, {"config": "b 3\nc 4"}, {"config": {"a": None, "b": "3", "c": "4"}}),
        ({"ingress": {"host": "a.example.com"}}, {"ingress.host": ""}, {"ingress": {"host": None}}),
        ({"evictionPolicy": "allkeys-lru"}, {"evictionPolicy": "noeviction"}, {"evictionPolicy": "noeviction"}),
    ],
)
def test_a_patch_has_what_differs_and_nothing_else(before: dict[str, Any], after: dict[str, str], patch: dict[str, Any]) -> None:
    spec = {"capacity": "1Gi", "podTemplate": {"labels": {"a": "b"}}, **before}
    was = values_of(spec)
    assert patch_of(was, {**was, **after}) == patch
    assert patched(spec, patch)["podTemplate"] == {"labels": {"a": "b"}}
    assert values_of(patched(spec, patch)) == {**was, **after}
    assert set(changes(was, after)) == set(after)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", {}),
        ('save ""\n', {"save": ""}),
        ('a  "b c"  \n\n#d e\nf', {"a": "b c", "f": ""}),
        ('a "b" "c"', {"a": '"b" "c"'}),
    ],
)
def test_lines_of_redis_conf_are_read(text: str, found: dict[str, str]) -> None:
    assert settings(text) == found
