"""The reader of manifests knows every field, every choice and every limit of the schema in `config/crd.yaml`, and no others."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from kuberedis_core.crd.object_reader import InvalidSpec
from kuberedis_core.crd.spec import read_spec

CRD = yaml.safe_load((Path(__file__).parents[3] / "config/crd.yaml").read_text())
SPEC = CRD["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]


class Place(NamedTuple):
    """One field of the schema: the names that lead to it, and `[]` for the entries of a list."""

    path: tuple[str, ...]
    schema: dict[str, Any]

    def __str__(self) -> str:
        return ".".join(self.path)


def places(schema: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[Place]:
    yield Place(path, schema)
    for name, field in schema.get("properties", {}).items():
        yield from places(field, (*path, name))
    if "items" in schema:
        yield from places(schema["items"], (*path, "[]"))


def example(schema: dict[str, Any]) -> Any:
    """A value that fits a part of the schema, with nothing in it that is not required."""
    if schema.get("x-kubernetes-int-or-string"):
        return "1Gi"
    if "enum" in schema:
        return "Exists" if "Exists" in schema["enum"] else schema["enum"][0]
    if schema["type"] == "object":
        return {name: example(schema["properties"][name]) for name in schema.get("required", ())}
    return {"array": [example(schema["items"])] if schema.get("minItems") else [], "integer": schema.get("minimum", 0), "string": "a"}[
        schema["type"]
    ]


def spec_with(path: tuple[str, ...], value: object, schema: dict[str, Any] = SPEC) -> Any:
    """A spec that has a value at one place, and elsewhere only what is required."""
    if not path:
        return value
    name, *rest = path
    if name == "[]":
        return [spec_with(tuple(rest), value, schema["items"])]
    field = schema.get("properties", {}).get(name, {})
    return {**example(schema), name: spec_with(tuple(rest), value, field)}


def refusal(path: tuple[str, ...], value: object) -> str:
    with pytest.raises(InvalidSpec) as refused:
        read_spec(spec_with(path, value))
    return str(refused.value)


def as_in_messages(place: Place) -> str:
    return "spec." + str(place).replace(".[]", "[0]")


ALL = list(places(SPEC))


@pytest.mark.parametrize("place", [place for place in ALL if "properties" in place.schema], ids=str)
def test_fields_of_the_schema_are_known_and_no_others(place: Place) -> None:
    assert "nonsense: unknown field" in refusal((*place.path, "nonsense"), 1)


@pytest.mark.parametrize("place", ALL[1:], ids=str)
def test_a_value_of_another_type_is_refused_by_the_field_that_has_it(place: Place) -> None:
    other = {} if place.schema.get("type") == "array" else ["a"]
    message = refusal(place.path, other)
    assert message.startswith(f"{as_in_messages(place)}: ")
    assert "unknown field" not in message


@pytest.mark.parametrize("place", [place for place in ALL if "enum" in place.schema], ids=str)
def test_choices_are_those_of_the_schema(place: Place) -> None:
    choices = ", ".join(place.schema["enum"])
    assert refusal(place.path, "Nonsense") == f"{as_in_messages(place)}: 'Nonsense' is not known; write one of {choices}"


@pytest.mark.parametrize("place", [place for place in ALL if "minimum" in place.schema], ids=str)
def test_whole_numbers_have_the_bounds_of_the_schema(place: Place) -> None:
    least, most = place.schema["minimum"], place.schema.get("maximum", 2**31 - 1 if place.schema["format"] == "int32" else 2**63 - 1)
    for value in (least - 1, most + 1, str(least), least + 0.5, True):
        assert refusal(place.path, value).startswith(f"{as_in_messages(place)}: ")
    for value in (least, most) if place.path[:1] == ("limits",) else ():
        read_spec(spec_with(place.path, value))


@pytest.mark.parametrize("place", [place for place in ALL if "maxProperties" in place.schema], ids=str)
def test_objects_have_no_more_members_than_the_schema_allows(place: Place) -> None:
    most = place.schema["maxProperties"]
    members = {f"a{number}": "1" for number in range(most + 1)}
    assert refusal(place.path, members) == f"{as_in_messages(place)}: has {most + 1} members; write at most {most}"


@pytest.mark.parametrize("place", [place for place in ALL if "maxItems" in place.schema], ids=str)
def test_lists_have_no_more_entries_than_the_schema_allows(place: Place) -> None:
    most = place.schema["maxItems"]
    assert refusal(place.path, ["a"] * (most + 1)) == f"{as_in_messages(place)}: has {most + 1} entries; write at most {most}"


@pytest.mark.parametrize("place", [place for place in ALL if "maxLength" in place.schema], ids=str)
def test_texts_are_no_longer_than_the_schema_allows(place: Place) -> None:
    assert refusal(place.path, "1" * (place.schema["maxLength"] + 1)).startswith(f"{as_in_messages(place)}: ")


@pytest.mark.parametrize("place", [place for place in ALL if place.schema.get("required")], ids=str)
def test_fields_that_the_schema_requires_are_required(place: Place) -> None:
    for name in place.schema["required"]:
        members = {other: value for other, value in example(place.schema).items() if other != name}
        message = refusal(place.path, members)
        assert message.startswith(f"{as_in_messages(Place((*place.path, name), {}))}: ")
        assert "; write " in message


def patterns(schema: dict[str, Any]) -> list[str]:
    """The regular expressions that a text has to match as a whole."""
    rules = [rule["rule"] for rule in schema.get("x-kubernetes-validations", ()) if "string(self)" not in rule["rule"]]
    found = [match[1] for rule in rules if (match := re.search(r"(?<!!)self\.matches\(r?'\^(.*?)\$'\)", rule, re.DOTALL))]
    if "pattern" in schema:
        found.append(schema["pattern"][1:-1])
    return [pattern.replace("[:space:]", r"\t\n\v\f\r ") for pattern in found]


def has_only_this_rule(place: Place) -> bool:
    """Whether no rule about other fields can refuse a spec that has a text here."""
    return not {"affinity", "matchExpressions", "value", "tls"} & set(place.path)


TEXTS = [place for place in ALL if patterns(place.schema) and has_only_this_rule(place)]


@pytest.mark.parametrize("place", TEXTS, ids=str)
def test_texts_are_taken_and_refused_as_by_the_patterns_of_the_schema(place: Place) -> None:
    [pattern] = patterns(place.schema)
    candidates = st.from_regex(pattern, fullmatch=True) | st.text(alphabet="aZ7890.-_/:@*, \n\u00e9", max_size=12)

    @settings(max_examples=25, database=None)
    @given(candidates)
    def compare(text: str) -> None:
        fits = re.fullmatch(pattern, text) is not None and len(text) <= place.schema["maxLength"]
        if place.path[-1] == "host":
            fits = fits and not re.fullmatch("[0-9.]+", text)
        if place.path == ("limits", "corsOrigins", "[]"):
            fits = text == "*" or (fits and not text.endswith(":443" if text.startswith("https") else ":80"))
        try:
            read_spec(spec_with(place.path, text))
        except InvalidSpec:
            assert not fits
        else:
            assert fits

    compare()
