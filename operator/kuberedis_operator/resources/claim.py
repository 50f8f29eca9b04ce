"""The PersistentVolumeClaims data-NAME-0: whose they are, how they are made, and what is corrected on one that exists. Pure.

The operator makes them itself, before the StatefulSet that mounts them: a StatefulSet takes any claim of the right name. A claim that does
not carry the mark of its instance is somebody else's. With `deletionPolicy: Delete` the instance owns its claims; no StatefulSet does, so
nothing but the deletion of the instance deletes them.
"""

from __future__ import annotations

from typing import Any

from kuberedis_core.body import Body
from kuberedis_core.crd.names import (
    CLAIM_MARK,
    DATA_VOLUME,
    INSTANCE_LABEL,
    USED_BY,
    child_labels,
    claim_labels,
)
from kuberedis_core.crd.spec import Instance
from kuberedis_core.quantities import canonical
from kuberedis_operator.resources.kinds import CLAIM, INSTANCE, STATEFUL_SET
from kuberedis_operator.resources.objects import owner_reference
from kuberedis_operator.topology.volume import VolumeRequest

_KEPT = {
    # https://argo-cd.readthedocs.io/en/stable/user-guide/sync-options/#no-prune-resources
    "argocd.argoproj.io/sync-options": "Prune=false,Delete=false",
    # https://fluxcd.io/flux/components/kustomize/kustomizations/#prune
    "kustomize.toolkit.fluxcd.io/prune": "disabled",
    # https://helm.sh/docs/howto/charts_tips_and_tricks/#tell-helm-not-to-uninstall-a-resource
    "helm.sh/resource-policy": "keep",
}
"""What keeps tools that delete what they do not find in their sources from deleting data."""


def template(name: str, volume: VolumeRequest) -> Body:
    """The claim template of the StatefulSet of the instance `name`."""
    # A list of claim templates is replaced as a whole, so what the API server would fill in is written out.
    spec: dict[str, Any] = {
        "accessModes": ["ReadWriteOnce"],
        "volumeMode": "Filesystem",
        "resources": {"requests": {"storage": canonical(volume.capacity)}},
    }
    if volume.storage_class_name is not None:
        spec["storageClassName"] = volume.storage_class_name
    return {
        "apiVersion": CLAIM.api_version,
        "kind": CLAIM.kind,
        "metadata": {"name": DATA_VOLUME, "labels": claim_labels(name), "annotations": dict(_KEPT)},
        "spec": spec,
    }


def build(instance: Instance, volume: VolumeRequest, name: str) -> Body:
    """A claim of `instance`.

    Args:
        instance: the instance.
        volume: what the claim requests.
        name: name of the claim.
    """
    made = template(instance.name, volume)
    metadata: Body = {
        **made["metadata"],
        "namespace": instance.namespace,
        "name": name,
        "annotations": {**made["metadata"]["annotations"], USED_BY: instance.uid},
    }
    if owners := _wanted_owners(instance, volume):
        metadata["ownerReferences"] = owners
    return {**made, "metadata": metadata}


def is_owned(claim: Body) -> bool:
    """Whether a claim is the one of the instance that it is named after."""
    mark = _mark(claim)
    return mark is not None and claim["metadata"]["name"].rpartition("-")[0] == f"{DATA_VOLUME}-{mark}"


def is_new(claim: Body) -> bool:
    """Whether a claim of an instance was made by its StatefulSet, and by no operator before or since."""
    metadata = claim["metadata"]
    return USED_BY not in (metadata.get("annotations") or {}) and CLAIM_MARK in (metadata.get("labels") or {})


def correction(claim: Body, instance: Instance, volume: VolumeRequest) -> Body | None:
    """The merge patch that gives a claim of `instance` its labels, annotations and owners, or None if it has them.

    What refers to a former instance of this name, as in a restored claim, is taken away, or the garbage collector would delete the claim.
    """
    metadata = claim["metadata"]
    changes = _marks(claim, instance.name, {**_KEPT, USED_BY: instance.uid})
    has = metadata.get("ownerReferences") or []
    wanted = [owner for owner in has if not _is_of(owner, instance.name)] + _wanted_owners(instance, volume)
    if has != wanted:
        changes["ownerReferences"] = wanted
    return _patch(claim, changes)


def relabelling(claim: Body) -> Body | None:
    """The merge patch that gives a claim, whose instance is gone, its labels and annotations, or None if it has them.

    One with an owner is about to be deleted, and is left alone.
    """
    mark = _mark(claim)
    if mark is None or not is_owned(claim) or claim["metadata"].get("ownerReferences"):
        return None
    return _patch(claim, _marks(claim, mark, _KEPT))


def _mark(claim: Body) -> str | None:
    """The instance that a claim says it belongs to."""
    labels: dict[str, str] = claim["metadata"].get("labels") or {}
    if CLAIM_MARK in labels:
        return labels[CLAIM_MARK]
    # Claims had the labels of other children before there was a mark.
    name = labels.get(INSTANCE_LABEL, "")
    return name if child_labels(name, "redis").items() <= labels.items() else None


def _marks(claim: Body, name: str, annotations: dict[str, str]) -> Body:
    has_labels, has_annotations = (claim["metadata"].get(field) or {} for field in ("labels", "annotations"))
    labels: dict[str, str | None] = {key: value for key, value in claim_labels(name).items() if has_labels.get(key) != value}
    if has_labels.get(INSTANCE_LABEL) == name:
        labels[INSTANCE_LABEL] = None
    missing = {key: value for key, value in annotations.items() if has_annotations.get(key) != value}
    return {field: value for field, value in (("labels", labels), ("annotations", missing)) if value}


def _wanted_owners(instance: Instance, volume: VolumeRequest) -> list[Body]:
    return [owner_reference(instance, controller=False)] if volume.deletion_policy == "Delete" else []


def _is_of(owner: Body, name: str) -> bool:
    return owner.get("kind") in (INSTANCE.kind, STATEFUL_SET.kind) and owner.get("name") == name


def _patch(claim: Body, changes: Body) -> Body | None:
    metadata = claim["metadata"]
    identity = {"namespace": metadata["namespace"], "name": metadata["name"], "uid": metadata["uid"]}
    return {"metadata": {**identity, **changes}} if changes else None
