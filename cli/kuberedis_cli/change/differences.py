"""What a change of a spec changes, field by field. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple


class Difference(NamedTuple):
    """A field and its values; None where there is none."""

    field: str
    before: Any
    after: Any

    def __str__(self) -> str:
        return f"spec.{self.field}: {_text(self.before)} -> {_text(self.after)}"


def differences(before: Mapping[str, Any], after: Mapping[str, Any], above: str = "") -> Iterator[Difference]:
    """The fields that differ, in the order of their names; objects are compared field by field.

    Args:
        before: The spec as it is.
        after: The spec as it becomes.
        above: The fields above, with a dot behind each.
    """
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name), after.get(name)
        if isinstance(old, Mapping) or isinstance(new, Mapping):
            yield from differences(_mapping(old), _mapping(new), f"{above}{name}.")
        elif old != new:
            yield Difference(f"{above}{name}", old, new)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: Any) -> str:
    if value is None:
        return "(none)"
    return value if isinstance(value, str) else json.dumps(value)
