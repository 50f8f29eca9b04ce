"""The members of an object, each read as the type that it must have."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from kuberedis_core.crd.object_reader import InvalidSpec, ObjectReader, quantity, whole
from kuberedis_core.crd.text_rules import text
from kuberedis_core.quantities import parse_bytes


def reader(**members: Any) -> ObjectReader:
    return ObjectReader(members, "spec")


def test_what_is_absent_or_null_has_its_default() -> None:
    for found in (reader(), reader(a=None), ObjectReader(None, "spec")):
        assert found.read("a", text) is None
        assert found.flag("a", default=True) is True
        assert found.choice("a", ("x", "y")) is None
        assert found.mapping("a", text, most=9) == {}
        assert found.values("a", text, most=9) == []
        assert list(found.objects("a", {"b"}, most=9)) == []
        assert found.child("a").names() == []
        assert "a" not in found


def test_what_fits_is_read() -> None:
    found = reader(t="x", n=7, q="1Ki", f=False, c="b", m={"k": "v"}, v=["x"], o=[{"b": "y"}])
    assert found.read("t", text) == "x"
    assert found.read("n", whole(1)) == 7
    assert found.read("q", quantity(parse_bytes)) == 1024
    assert found.flag("f", default=True) is False
    assert found.choice("c", ("a", "b")) == "b"
    assert found.mapping("m", text, most=1) == {"k": "v"}
    assert found.values("v", text, most=1) == ["x"]
    assert [entry.required("b", text, "b: y") for entry in found.objects("o", {"b"}, most=1)] == ["y"]
    assert found.raw({"t", "f", "m"}) == {"t": "x", "m": {"k": "v"}}


@pytest.mark.parametrize(
    ("read", "message"),
    [
        (lambda: ObjectReader([], "spec"), "spec: is []; write an object"),
        (lambda: ObjectReader({"capcity": 1}, "spec", {"capacity"}), "spec.capcity: unknown field; did you mean capacity?"),
        (lambda: ObjectReader({"x": 1}, "spec", {"capacity"}), "spec.x: unknown field; remove it, or upgrade if a newer release has it"),
        (lambda: ObjectReader({"x": 1}, "", {"spec"}), "x: unknown field"),
        (lambda: ObjectReader({1: 1}, "spec"), "spec.1: the name 1 is not text; put quotes around it"),
        (lambda: reader(a={"b": 1}).child("a", {"c"}), "spec.a.b: unknown field"),
        (lambda: reader().required("a", text, "a: x"), "spec.a: missing; write for example a: x"),
        (lambda: reader().required_child("a", {"b"}, "a: {b: x}"), "spec.a: missing; write for example a: {b: x}"),
        (lambda: reader(a=1).read("a", text), "spec.a: 1 is not a text; put quotes around it"),
        (lambda: reader(a=True).read("a", whole(1)), "spec.a: True does not fit; write a whole number, 1 or more"),
        (lambda: reader(a=9).read("a", whole(1, 8)), "spec.a: 9 does not fit; write a whole number, 1 or more, at most 8"),
        (lambda: reader(a=1.5).read("a", quantity(parse_bytes)), "spec.a: 1.5 is not a Kubernetes quantity"),
        (lambda: reader(a="yes").flag("a", default=False), "spec.a: 'yes' is neither; write true or false"),
        (lambda: reader(a="z").choice("a", ("x", "y")), "spec.a: 'z' is not known; write one of x, y"),
        (lambda: reader(a={"b": 1}).mapping("a", text, most=1), "spec.a.b: 1 is not a text"),
        (lambda: reader(a={"b": None}).mapping("a", text, most=1), "spec.a.b: missing; write for example a value"),
        (lambda: reader(a={"b": "", "c": ""}).mapping("a", text, most=1), "spec.a: has 2 members; write at most 1"),
        (lambda: reader(a={"b": ""}).mapping("a", text, key=whole(1), most=1), "spec.a: 'b' does not fit"),
        (lambda: reader(a="x").values("a", text, most=1), "spec.a: is 'x'; write a list"),
        (lambda: reader(a=["x", 1]).values("a", text, most=2), "spec.a[1]: 1 is not a text"),
        (lambda: reader(a=["x", "y"]).values("a", text, most=1), "spec.a: has 2 entries; write at most 1"),
        (lambda: reader(a=[]).values("a", text, least=1, most=2), "spec.a: is empty; write at least 1 entry"),
        (lambda: list(reader(a=[{}, None]).objects("a", {"b"}, most=2)), "spec.a[1]: is null; write an object"),
        (lambda: list(reader(a=[{"c": 1}]).objects("a", {"b"}, most=2)), "spec.a[0].c: unknown field"),
    ],
)
def test_what_does_not_fit_is_refused_by_its_field(read: Callable[[], Any], message: str) -> None:
    with pytest.raises(InvalidSpec, match=f"^{re.escape(message)}"):
        read()


def test_a_message_is_one_short_line_whatever_the_value() -> None:
    with pytest.raises(InvalidSpec) as refused:
        reader(**{"a\n\x1b": ["x" * 10_000]}).read("a\n\x1b", text)
    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 200
