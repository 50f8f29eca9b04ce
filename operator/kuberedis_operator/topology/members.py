"""The members of an instance: its pods, each with a Redis, a sidecar and, with persistence, a volume.

Several members have a Sentinel each as well, and an address that they announce to each other: that of a Service, which stays the same
for as long as the instance lives, whatever becomes of the pod. What they are to each other at present is a `Replication`.

Ordinals, pods and claims are named as a StatefulSet names them
(https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#pod-identity).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from kuberedis_core.crd.names import claim_name, member_service_name, pod_name
from kuberedis_core.crd.ports import REDIS_PORT, SENTINEL_PORT
from kuberedis_core.crd.spec import Instance
from kuberedis_core.members import MemberAddress
from kuberedis_operator.topology.volume import volume_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One member of an instance."""

    ordinal: int
    pod_name: str
    claim_name: str | None
    """The PersistentVolumeClaim of its volume; None without persistence."""
    service: str | None
    """Name of the Service with its address; None for a member on its own."""
    address: MemberAddress | None
    """Where the other members reach it; None while its Service has no address yet, and for a member on its own."""


def members_of(
    instance: Instance, cluster_ips: Mapping[str, str] = MappingProxyType({}), *, number: int | None = None
) -> tuple[Member, ...]:
    """The members of `instance`, by ordinal.

    Args:
        instance: the instance.
        cluster_ips: addresses of the members' Services, by name of the Service.
        number: how many there are, if these are not all.
    """
    return tuple(_member(instance, ordinal, cluster_ips) for ordinal in range(number or instance.spec.replicas))


def _member(instance: Instance, ordinal: int, cluster_ips: Mapping[str, str]) -> Member:
    pod = pod_name(instance.name, ordinal)
    service = member_service_name(instance.name, ordinal) if instance.spec.is_replicated else None
    ip = cluster_ips.get(service) if service is not None else None
    return Member(
        ordinal=ordinal,
        pod_name=pod,
        claim_name=claim_name(instance.name, ordinal) if volume_of(instance.spec) is not None else None,
        service=service,
        address=MemberAddress(name=pod, host=ip, redis_port=REDIS_PORT, sentinel_port=SENTINEL_PORT) if ip is not None else None,
    )
