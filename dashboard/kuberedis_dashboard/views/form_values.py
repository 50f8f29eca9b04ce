"""A manifest as the texts of a form, and back. Pure; whether a text fits, the API server says.

Every value of a form is text. A field that a form leaves empty is not in the manifest, nor is one that has the default of the schema.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from kuberedis_core.body import Body
from kuberedis_dashboard.views.fields import Field, fields

Values: TypeAlias = Mapping[str, str]
"""The texts of a form, by the path of the field."""

_LONGEST = 64 * 1024
"""Characters of one value; the API server takes less."""
_MOST_DIGITS = 18


def values_of(spec: Mapping[str, Any]) -> dict[str, str]:
    """The texts of all fields, for a spec as the API server has it; empty where it says nothing."""
    return {each.path: _written(each, _at(spec, each.steps)) for each in fields()}


def values_of_form(form: Mapping[str, str], only: Iterable[Field] | None = None) -> dict[str, str]:
    """The texts of the fields that a browser sent; a box that is not ticked is not among them."""
    shown = fields() if only is None else tuple(only)
    return {each.path: _sent(each, form) for each in shown}


def spec_of(values: Values) -> Body:
    """The spec with these values, without what is empty or the default."""
    spec: Body = {}
    for each in fields():
        text = values.get(each.path, "")
        if text and text != each.default:
            _put(spec, each.steps, read(each, text))
    return spec


def changes(before: Values, after: Values) -> dict[str, tuple[str, str]]:
    """The fields whose text is another one, each with the text before and after. Fields that `after` does not have stay as they are."""
    return {path: (before.get(path, ""), text) for path, text in after.items() if text != before.get(path, "")}


def patch_of(before: Values, after: Values) -> Body:
    """The merge patch (RFC 7386) of a spec that changes what differs, and nothing else."""
    patch: Body = {}
    for each in fields():
        old, new = before.get(each.path, ""), after.get(each.path, before.get(each.path, ""))
        if old == new:
            continue
        value: Any = read(each, new) if new else None
        if each.kind == "settings":
            value = {**dict.fromkeys(settings(old)), **settings(new)}
        _put(patch, each.steps, value)
    return patch


def patched(spec: Mapping[str, Any], patch: Mapping[str, Any]) -> Body:
    """A spec after a merge patch (RFC 7386)."""
    result = dict(spec)
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        elif isinstance(value, Mapping):
            below = result.get(name)
            result[name] = patched(below if isinstance(below, Mapping) else {}, value)
        else:
            result[name] = value
    return result


def read(field: Field, text: str) -> Any:
    """The value of a text; a text that is no number stays one, so that the API server says what is wrong with it."""
    if field.kind == "flag":
        return text == "true"
    if field.kind == "settings":
        return settings(text)
    is_integer = field.kind == "number" or field.path == "replicas"
    return int(text) if is_integer and text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS else text


def settings(text: str) -> dict[str, str]:
    """Lines of redis.conf, each a name and a value; empty lines and comments are left out."""
    lines = (line.strip() for line in text.splitlines())
    pairs = (line.split(None, 1) for line in lines if line and not line.startswith("#"))
    return {pair[0]: _unquoted(pair[1]) if len(pair) == 2 else "" for pair in pairs}


def _unquoted(value: str) -> str:
    value = value.strip()
    return value[1:-1] if len(value) >= 2 and value[0] == value[-1] == '"' and '"' not in value[1:-1] else value


def _written(field: Field, value: object) -> str:
    if field.kind == "settings":
        return "\n".join(f"{name} {_quoted(str(text))}" for name, text in value.items()) if isinstance(value, Mapping) else ""
    if isinstance(value, bool):
        return str(value).lower()
    return (field.default if field.kind in ("flag", "choice") else "") if value is None else str(value)


def _quoted(value: str) -> str:
    return value if value and value == value.strip() else f'"{value}"'


def _sent(field: Field, form: Mapping[str, str]) -> str:
    if field.kind == "flag":
        return "true" if form.get(field.path) else "false"
    text = form.get(field.path, "")[:_LONGEST].replace("\r\n", "\n")
    return text if field.kind == "settings" else text.strip()


def _at(spec: Mapping[str, Any], steps: tuple[str, ...]) -> Any:
    value: Any = spec
    for step in steps:
        value = value.get(step) if isinstance(value, Mapping) else None
    return value


def _put(spec: Body, steps: tuple[str, ...], value: Any) -> None:
    *above, last = steps
    for step in above:
        spec = spec.setdefault(step, {})
    spec[last] = value
