"""A manifest of an instance as a user writes it, before the API server has seen it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from kuberedis_core.crd.kind import API_VERSION, GROUP, KIND
from kuberedis_core.crd.object_reader import ObjectReader
from kuberedis_core.crd.spec import InstanceSpec, read_name, read_spec
from kuberedis_core.crd.text_rules import key, label_value, namespace, shown, text

_DOCUMENT = frozenset("apiVersion kind metadata spec status".split())
_METADATA = frozenset(
    """
    annotations creationTimestamp deletionGracePeriodSeconds deletionTimestamp finalizers generateName generation labels managedFields
    name namespace ownerReferences resourceVersion selfLink uid
    """.split()
)
"""The fields of ObjectMeta (https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/object-meta/)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """One instance as its manifest describes it.

    Args:
        name: Name of the instance.
        spec: Its spec, with defaults.
        fields: Names of the fields that the spec has, in its order.
    """

    name: str
    spec: InstanceSpec
    fields: tuple[str, ...]


def is_instance(document: Mapping[str, Any]) -> bool:
    """Whether a document with `apiVersion` and `kind` is meant to be an instance; its version or kind may still be misspelt."""
    group = str(document.get("apiVersion")).partition("/")[0]
    return group == GROUP or str(document.get("kind")).casefold() == KIND.casefold()


def read_manifest(document: Mapping[str, Any]) -> Manifest:
    """Read a manifest, and refuse what `kubectl apply` would refuse.

    Raises:
        InvalidSpec: The manifest cannot be used.
    """
    manifest = ObjectReader(document, "", _DOCUMENT)
    manifest.required("apiVersion", _exactly(API_VERSION), f"apiVersion: {API_VERSION}")
    manifest.required("kind", _exactly(KIND), f"kind: {KIND}")
    metadata = manifest.required_child("metadata", _METADATA, "metadata: {name: my-cache}")
    name = read_name(metadata)
    metadata.read("namespace", namespace)
    metadata.mapping("labels", label_value, key=key, most=2**31)
    metadata.mapping("annotations", text, key=key, most=2**31)
    spec = manifest.required_child("spec", None, "spec: {capacity: 1Gi}")
    return Manifest(name=name, spec=read_spec(document["spec"]), fields=tuple(field for field in spec.names() if field in spec))


def _exactly(expected: str) -> Callable[[object], str]:
    def read(value: object) -> str:
        if value != expected:
            raise ValueError(f"is {shown(value)}; write {expected}")
        return expected

    return read
