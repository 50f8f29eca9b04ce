"""The reference of the custom resource, from its schema: `make reference` writes docs/reference/custom-resource.md by it."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

import yaml

Schema: TypeAlias = dict[str, Any]
"""https://kubernetes.io/docs/reference/kubernetes-api/extend-resources/custom-resource-definition-v1/#JSONSchemaProps"""

CRD = Path(__file__).parents[1] / "config" / "crd.yaml"

_INTRODUCTION = """\
# Fields of the custom resource

Each field of a `{kind}` (`{version}`, short `{short}`), as `kubectl explain {short}.spec` has it. Written by `make reference` from
[config/crd.yaml](../../config/crd.yaml). What a change of a field does, sizes and examples: [instances](../use/instances.md).
"""
_HEAD = "| field | type | default | |\n| --- | --- | --- | --- |"
_AS_IN_A_POD = frozenset({"spec.podTemplate.affinity", "spec.podTemplate.topologySpreadConstraints", "spec.podTemplate.tolerations"})
"""Fields that are what they are in a pod, so that their own fields are not repeated here."""


def reference(definition: Schema) -> str:
    """The page, from a CustomResourceDefinition."""
    names, version = definition["spec"]["names"], definition["spec"]["versions"][0]
    group_version = f"{definition['spec']['group']}/{version['name']}"
    parts = [_INTRODUCTION.format(kind=names["kind"], version=group_version, short=names["shortNames"][0])]
    fields = version["schema"]["openAPIV3Schema"]["properties"]
    for name in ("spec", "status"):
        parts += _sections(name, fields[name])
    return "\n".join(parts)


def _sections(path: str, schema: Schema) -> Iterator[str]:
    """The table of an object's fields, and then those of the objects among them."""
    properties: dict[str, Schema] = schema["properties"]
    required = schema.get("required", [])
    rows = [_row(path, name, field, required=name in required) for name, field in properties.items()]
    yield "\n".join([f"## {path}", "", _HEAD, *rows, ""])
    for name, field in properties.items():
        inner = field.get("items", field)
        if inner.get("properties") and f"{path}.{name}" not in _AS_IN_A_POD:
            yield from _sections(f"{path}.{name}", inner)


def _row(path: str, name: str, field: Schema, *, required: bool) -> str:
    default = "required" if required else _written(field.get("default"))
    about = " ".join(field["description"].split())
    if f"{path}.{name}" in _AS_IN_A_POD:
        about += " Its fields are those of a pod."
    return f"| `{name}` | {_type(field)} | {default} | {about.replace('|', chr(92) + '|')} |"


def _written(default: object) -> str:
    if default is None or default == {}:
        return ""
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def _type(field: Schema) -> str:
    if field.get("x-kubernetes-int-or-string"):
        return "quantity"
    if "enum" in field:
        return " or ".join(f"`{value}`" for value in field["enum"])
    if field["type"] == "array":
        return f"list of {_type(field['items'])}s"
    if field["type"] == "object":
        return f"map of {_type(field['additionalProperties'])}s" if "additionalProperties" in field else "object"
    return f"{field['type']}{_range(field.get('minimum'), field.get('maximum'))}"


def _range(least: int | None, most: int | None) -> str:
    if least is None:
        return "" if most is None else f", at most {most}"
    return f", at least {least}" if most is None else f", {least} to {most}"


if __name__ == "__main__":
    sys.stdout.write(reference(yaml.safe_load(CRD.read_text(encoding="utf-8"))))
