"""The fields of the forms: which part of a manifest each one is, and what the schema says of it. Pure.

Help, choices and defaults come from the schema of the custom resource, so that the forms say what `kubectl explain` says.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from kuberedis_core.body import Body
from kuberedis_core.members import MEMBERS_OF_HIGH_AVAILABILITY
from kuberedis_dashboard.packaged import spec_schema

Kind = Literal["text", "number", "choice", "flag", "settings"]

_PARAGRAPH = re.compile(r"\n\s*\n|\n")
_CODE = re.compile(r"`([^`]*)`")
_SENTENCE_END = re.compile(r'(?<=[\w)"])[.] ')


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field of `spec` in a form."""

    path: str
    """Its place in `spec`, as `ingress.host`; also its name in the form."""
    label: str
    kind: Kind
    help: str
    """What it is, in a sentence."""
    more: str = ""
    """What the schema says besides."""
    default: str = ""
    """What it is if it is left out, as far as the schema says."""
    placeholder: str = ""
    """What it is if it is left out, in words, where that follows from something else."""
    choices: tuple[str, ...] = ()
    is_required: bool = False
    is_fixed: bool = False
    """It cannot change later."""
    is_common: bool = True
    """Most people want to see it; the others are folded away."""

    @property
    def steps(self) -> tuple[str, ...]:
        """Its place in `spec`, one name after the other."""
        return tuple(self.path.split("."))


@dataclass(frozen=True, slots=True)
class _Entry:
    path: str
    label: str
    placeholder: str = ""
    help: str = ""
    """Before what the schema says, where the form differs from a manifest."""
    is_fixed: bool = False
    is_common: bool = True


_ENTRIES = (
    _Entry("capacity", "Capacity", "1Gi"),
    _Entry("replicas", "Members"),
    _Entry("persistence", "Persistence"),
    _Entry("maxmemory", "Memory for data", "half of the capacity"),
    _Entry("evictionPolicy", "When memory is full"),
    _Entry("version", "Version", "as the operator is set", is_common=False),
    _Entry("storageClassName", "Storage class", "the cluster's default", is_fixed=True, is_common=False),
    _Entry("deletionPolicy", "Volume after deletion", is_common=False),
    _Entry("ingress.enabled", "Reachable from outside the cluster", is_common=False),
    _Entry("ingress.host", "Host", "as the operator is set", is_common=False),
    _Entry("limits.maxTokenSeconds", "Longest lifetime of a token, in seconds", "any", is_common=False),
    _Entry("config", "Settings of redis.conf", "notify-keyspace-events Ex", "One a line: its name and its value.", is_common=False),
    _Entry("paused", "Paused", is_common=False),
)
_NUMBERS_BY_RULE = {"replicas": ("1", str(MEMBERS_OF_HIGH_AVAILABILITY))}
"""Choices that the schema has as a rule, not as a list."""


@cache
def fields() -> tuple[Field, ...]:
    """The fields, in the order of the forms."""
    return tuple(_field(entry) for entry in _ENTRIES)


def field(path: str) -> Field:
    """The field at a place in `spec`; raises KeyError if the forms have none."""
    found = next((each for each in fields() if each.path == path), None)
    if found is None:
        raise KeyError(path)
    return found


def sentences(description: str) -> str:
    """A description of the schema as plain text in one paragraph: without the marks of code."""
    return _CODE.sub(r"\1", _PARAGRAPH.sub(" ", description)).strip()


def _field(entry: _Entry) -> Field:
    schema = _schema_at(entry.path)
    first, *more = _SENTENCE_END.split(f"{entry.help} {sentences(schema.get('description', ''))}".strip(), maxsplit=1)
    return Field(
        path=entry.path,
        label=entry.label,
        kind=_kind(entry.path, schema),
        help=f"{first.removesuffix('.')}.",
        more="".join(more),
        default=_text(schema.get("default")),
        placeholder=entry.placeholder,
        choices=_NUMBERS_BY_RULE.get(entry.path) or tuple(schema.get("enum", ())),
        is_required=entry.path in spec_schema().get("required", ()),
        is_fixed=entry.is_fixed,
        is_common=entry.is_common,
    )


def _schema_at(path: str) -> Body:
    schema = spec_schema()
    for step in path.split("."):
        schema = schema["properties"][step]
    return schema


def _kind(path: str, schema: Mapping[str, Any]) -> Kind:
    if "enum" in schema or path in _NUMBERS_BY_RULE:
        return "choice"
    kinds: dict[str, Kind] = {"boolean": "flag", "integer": "number", "object": "settings"}
    return kinds.get(schema.get("type", ""), "text")


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)
