"""What every child has: its kind, its name, its labels, and the instance as its owner.

The garbage collector removes a child with its owner, and the operator writes no object that names another one as its controller.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kuberedis_core.crd.kind import API_VERSION, KIND
from kuberedis_core.crd.names import Component, child_labels
from kuberedis_core.crd.spec import Instance

Body = dict[str, Any]


def child(
    instance: Instance,
    kind: tuple[str, str],
    name: str,
    component: Component,
    *,
    annotations: Mapping[str, str] | None = None,
    **content: Any,
) -> Body:
    """A child of `instance`.

    Args:
        instance: The owner.
        kind: apiVersion and kind.
        name: Of the child.
        component: What it is part of.
        annotations: What the user wants written on it.
        content: Its members beside metadata, such as `spec`.
    """
    metadata: Body = {
        "name": name,
        "namespace": instance.namespace,
        "labels": child_labels(instance.name, component),
        "ownerReferences": [
            {
                "apiVersion": API_VERSION,
                "kind": KIND,
                "name": instance.name,
                "uid": instance.uid,
                "controller": True,
                "blockOwnerDeletion": True,
            }
        ],
    }
    if annotations:
        metadata["annotations"] = dict(annotations)
    api_version, kind_name = kind
    return {"apiVersion": api_version, "kind": kind_name, "metadata": metadata, **content}
