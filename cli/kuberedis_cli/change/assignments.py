"""FIELD=VALUE, as `create` and `set` take it: a part of a spec, read by the schema of the custom resource. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from kuberedis_cli.errors import UsageError
from kuberedis_cli.output.suggestion import suggestion
from kuberedis_core.body import Body
from kuberedis_dashboard.packaged import spec_schema

_TRUTH = {"true": True, "false": False}


def patch_of(assignments: Iterable[str]) -> Body:
    """The merge patch (RFC 7386) of a spec that these make.

    Args:
        assignments: Such as `replicas=3`, `ingress.host=redis.example.com` or `config.maxclients=500`. Without a value the field
            is removed, so that it has its default.

    Raises:
        UsageError: One is none, or names no field; the text says what to write instead.
    """
    patch: Body = {}
    for assignment in assignments:
        field, equals, text = assignment.partition("=")
        if not equals or not field:
            raise UsageError(f"{assignment!r} changes no field; write FIELD=VALUE, such as replicas=3 or ingress.host=redis.example.com")
        steps, schema = _place(field)
        _put(patch, steps, None if not text else _value(field, text, schema))
    return patch


def _place(field: str) -> tuple[list[str], Mapping[str, Any]]:
    """The steps to a field and its schema; below a map of texts everything is one key, dots among them."""
    schema: Mapping[str, Any] = spec_schema()
    steps: list[str] = []
    rest = field.removeprefix("spec.")
    while rest:
        if "properties" not in schema:
            if "additionalProperties" not in schema:
                raise UsageError(f"spec.{'.'.join(steps)} has no fields, so there is no {field}")
            return [*steps, rest], schema["additionalProperties"] if isinstance(schema["additionalProperties"], Mapping) else {}
        step, _, rest = rest.partition(".")
        if step not in schema["properties"]:
            raise UsageError(_unknown(step, steps, sorted(schema["properties"])))
        steps.append(step)
        schema = schema["properties"][step]
    return steps, schema


def _unknown(step: str, above: list[str], known: list[str]) -> str:
    hint = suggestion(step, known, 2) or f"it has {', '.join(known)}"
    return f"{'.'.join(('spec', *above))} has no field {step!r}; {hint}"


def _value(field: str, text: str, schema: Mapping[str, Any]) -> Any:
    """A text that does not fit stays one, so that the reader of specs says what is wrong with it."""
    match schema.get("type"):
        case "boolean":
            return _TRUTH.get(text.lower(), text)
        case "integer":
            return int(text) if text.isascii() and text.removeprefix("-").isdigit() and len(text) < 19 else text
        case "array" | "object":
            return _structure(field, text)
        case _:
            return int(text) if schema.get("x-kubernetes-int-or-string") and text.isascii() and text.isdigit() and len(text) < 19 else text


def _structure(field: str, text: str) -> Any:
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError:
        value = None
    if not isinstance(value, dict | list):
        raise UsageError(f"{field} is a list or an object; write it as JSON, such as {field}='[\"a\"]', or name a field below it")
    return value


def _put(patch: Body, steps: list[str], value: Any) -> None:
    *above, last = steps
    for step in above:
        below = patch.setdefault(step, {})
        if not isinstance(below, dict):
            raise UsageError(f"spec.{'.'.join(steps)} is below a field that another change sets as a whole; leave one of them out")
        patch = below
    patch[last] = value
