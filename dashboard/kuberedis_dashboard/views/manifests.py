"""Manifests as text: what to keep in a repository, or to give to `kubectl apply`. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from kuberedis_core.body import Body
from kuberedis_core.crd.kind import API_VERSION, KIND

_NONE = object()
_DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


def manifest(namespace: str, name: str, spec: Mapping[str, Any]) -> Body:
    """The manifest of an instance; without a namespace it is for whichever one is current."""
    metadata = {"namespace": namespace, "name": name} if namespace else {"name": name}
    return {"apiVersion": API_VERSION, "kind": KIND, "metadata": metadata, "spec": dict(spec)}


def without_defaults(spec: Mapping[str, Any], schema: Mapping[str, Any]) -> Body:
    """A spec without what the API server has added to it, or would: the defaults of its schema."""
    known = schema.get("properties", {})
    found = {name: _without_defaults(value, known.get(name, {})) for name, value in spec.items()}
    return {name: value for name, value in found.items() if value != known.get(name, {}).get("default", _NONE)}


def _without_defaults(value: Any, schema: Mapping[str, Any]) -> Any:
    return without_defaults(value, schema) if isinstance(value, Mapping) and "properties" in schema else value


def as_yaml(body: Mapping[str, Any]) -> str:
    """An object as YAML, in the order that it has; letters beyond ASCII are escaped, so that none hides or turns others around."""
    text: str = yaml.dump(dict(body), Dumper=_DUMPER, sort_keys=False, default_flow_style=False, width=10_000)
    return text


def as_it_is(instance: Body) -> str:
    """An object of the cluster as YAML, without what the API server notes about its writers."""
    metadata = {name: value for name, value in instance["metadata"].items() if name != "managedFields"}
    return as_yaml({**instance, "metadata": metadata})


def kubectl_apply(body: Mapping[str, Any]) -> str:
    """A command for a shell that applies an object. No text inside of it can end the command: each has an indent."""
    return f"kubectl apply -f - <<'EOF'\n{as_yaml(body)}EOF\n"
