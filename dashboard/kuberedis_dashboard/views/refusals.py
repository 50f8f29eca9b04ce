"""What the API server says of a manifest that it refuses, sorted by the fields of the form. Pure.

The causes of a `Status` (https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/) name a field each. Admission
policies and strict decoding say what is wrong in one message.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from kuberedis_core.one_line import one_line
from kuberedis_dashboard.views.fields import fields

_STRICT = "strict decoding error"
_LONGEST = 1024
_MOST = 64

# The API server begins with the value that it refuses, which the form shows already.
_VALUE = re.compile(r'^(Invalid value|Unsupported value|Duplicate value): ("(?:[^"\\]|\\.)*"|\{.*?\}|[^\s:]+): ')
_UNKNOWN_FIELD = re.compile(r'unknown field "(?P<field>[^"]+)"')


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a manifest is refused; empty if it is not."""

    by_field: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """What is wrong with each field, by its name in the form."""
    others: tuple[str, ...] = ()
    """What is wrong with anything else."""

    def __bool__(self) -> bool:
        return bool(self.by_field or self.others)

    def without(self, name: str) -> Refusal:
        """The same but for what is wrong with one field."""
        return Refusal({each: problems for each, problems in self.by_field.items() if each != name}, self.others)


def refusal_of(message: str, causes: Mapping[str, str] | None = None) -> Refusal:
    """Why a manifest is refused.

    Args:
        message: What the API server says of all together.
        causes: What it says of each place, such as `spec.capacity`.
    """
    by_field: dict[str, tuple[str, ...]] = {}
    others: list[str] = []
    unknown = {found["field"]: "there is no such field" for found in _UNKNOWN_FIELD.finditer(message)} if _STRICT in message else {}
    for place, words in list({**(causes or {}), **unknown}.items())[:_MOST]:
        name = _field_of(place)
        text = _VALUE.sub("", one_line(words[:_LONGEST]))
        if name is None:
            others.append(f"{place}: {text}" if place else text)
        elif text not in by_field.get(name, ()):
            by_field[name] = (*by_field.get(name, ()), text)
    if not by_field and not others:
        others.append(one_line(message[:_LONGEST]) or "The API server refuses this and does not say why.")
    return Refusal(by_field, tuple(others))


def _field_of(place: str) -> str | None:
    """The name in the form of a place such as `spec.config[appendonly]`; None if no field of the form is there."""
    if place in ("metadata.name", "name"):
        return "name"
    if place in ("metadata.namespace", "namespace"):
        return "namespace"
    path = place.removeprefix("spec.")
    if path == place:
        return None
    return next((each.path for each in fields() if path == each.path or path.startswith((f"{each.path}.", f"{each.path}["))), None)
