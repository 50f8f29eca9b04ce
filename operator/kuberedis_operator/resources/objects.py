"""What every child has: its kind, its name, its labels, and the instance as its owner.

The garbage collector deletes a child with its owner, and the operator writes no object that names another one as its controller.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kuberedis_core.api_kind import Kind
from kuberedis_core.body import Body
from kuberedis_core.crd.names import APPLIED_HASH, FIELD_MANAGER, MANAGED_BY_LABEL, Component, child_labels
from kuberedis_core.crd.spec import Instance
from kuberedis_operator.resources.kinds import INSTANCE


def child(
    instance: Instance,
    kind: Kind,
    name: str,
    component: Component,
    *,
    annotations: Mapping[str, str] | None = None,
    **content: Any,
) -> Body:
    """A child of `instance`.

    Args:
        instance: owner of the child.
        kind: kind of the child.
        name: name of the child.
        component: component of the instance that the child belongs to.
        annotations: annotations that the user wants on it.
        content: members beside metadata, such as `spec`.
    """
    metadata: Body = {
        "name": name,
        "namespace": instance.namespace,
        "labels": child_labels(instance.name, component),
        "ownerReferences": [owner_reference(instance, controller=True)],
    }
    if annotations:
        metadata["annotations"] = dict(annotations)
    return {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": metadata, **content}


def owner_reference(instance: Instance, *, controller: bool) -> Body:
    """The ownerReference that makes an object go with `instance`."""
    return {
        "apiVersion": INSTANCE.api_version,
        "kind": INSTANCE.kind,
        "name": instance.name,
        "uid": instance.uid,
        "controller": controller,
        "blockOwnerDeletion": True,
    }


def is_left_over(body: Body) -> bool:
    """Whether an object was an instance's child and has no controller any more, as after a restore or a deletion that orphans."""
    metadata = body["metadata"]
    is_marked = (metadata.get("labels") or {}).get(MANAGED_BY_LABEL) == FIELD_MANAGER and APPLIED_HASH in (
        metadata.get("annotations") or {}
    )
    return is_marked and controller_of(body) is None


def controller_of(body: Body) -> Body | None:
    """The ownerReference of an object's controller, or None."""
    return next((owner for owner in body["metadata"].get("ownerReferences", ()) if owner.get("controller")), None)
