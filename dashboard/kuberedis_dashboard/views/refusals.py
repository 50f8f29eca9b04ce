"""What the API server says of a manifest that it refuses, sorted by the fields of the form. Pure.

The causes of a `Status` (https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/) name a field each. Admission
policies and strict decoding say what is wrong in one message.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from kuberedis_core.one_line import one_line
from kuberedis_dashboard.views.fields import fields

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


def refusal_of(status: Mapping[str, Any]) -> Refusal:
    """Why the API server answers with this `Status`."""
    by_field: dict[str, tuple[str, ...]] = {}
    others: list[str] = []
    for place, message in list(_causes(status))[:_MOST]:
        name = _field_of(place)
        text = _VALUE.sub("", message)
        if name is None:
            others.append(f"{place}: {text}" if place else text)
        elif text not in by_field.get(name, ()):
            by_field[name] = (*by_field.get(name, ()), text)
    if not by_field and not others:
        others.append(one_line(str(status.get("message", ""))[:_LONGEST]) or "The API server refuses this and does not say why.")
    return Refusal(by_field, tuple(others))


def _causes(status: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    details = status.get("details")
    causes = details.get("causes") if isinstance(details, Mapping) else None
    for cause in causes if isinstance(causes, list) else ():
        if isinstance(cause, Mapping) and cause.get("message"):
            yield str(cause.get("field") or ""), one_line(str(cause["message"])[:_LONGEST])
    message = str(status.get("message", ""))
    if "strict decoding error" in message:
        for found in _UNKNOWN_FIELD.finditer(message):
            yield found["field"], "there is no such field"


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
