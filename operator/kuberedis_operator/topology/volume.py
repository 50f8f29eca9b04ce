"""The volume that each member of an instance has."""

from __future__ import annotations

from dataclasses import dataclass

from kuberedis_core.crd.spec import DeletionPolicy, InstanceSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeRequest:
    """What the claim of each member requests."""

    capacity: int
    """Size in bytes."""
    storage_class_name: str | None
    """None: the cluster's default."""
    deletion_policy: DeletionPolicy
    """What becomes of the claims when the instance is deleted."""


def volume_of(spec: InstanceSpec) -> VolumeRequest | None:
    """The volume that `spec` wants; None without persistence."""
    if spec.persistence == "none":
        return None
    return VolumeRequest(capacity=spec.capacity, storage_class_name=spec.storage_class_name, deletion_policy=spec.deletion_policy)
