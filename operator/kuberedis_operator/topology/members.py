"""The members of an instance: its pods, each with a Redis, a sidecar and, with persistence, a volume.

Ordinals, pods and claims are named as a StatefulSet names them
(https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#pod-identity).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from kuberedis_core.crd.names import claim_name, headless_service_name, pod_name
from kuberedis_core.crd.spec import Instance
from kuberedis_operator.topology.volume import volume_of

Role = Literal["primary", "replica"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One member of an instance."""

    ordinal: int
    role: Role | None
    """What its Redis is; None while that is not known."""
    pod_name: str
    claim_name: str | None
    """The PersistentVolumeClaim of its volume; None without persistence."""
    host: str
    """Its DNS name, which only resolves inside the cluster."""


def members_of(instance: Instance) -> tuple[Member, ...]:
    """The members of `instance`, by ordinal. One on its own is the primary."""
    has_volume = volume_of(instance.spec) is not None
    return tuple(
        Member(
            ordinal=ordinal,
            role=None if instance.spec.is_replicated else "primary",
            pod_name=pod_name(instance.name, ordinal),
            claim_name=claim_name(instance.name, ordinal) if has_volume else None,
            host=f"{pod_name(instance.name, ordinal)}.{headless_service_name(instance.name)}.{instance.namespace}.svc",
        )
        for ordinal in range(instance.spec.replicas)
    )
