"""What an instance is to be: the body of a custom resource in, a frozen object out.

Everything that depends on the spec alone is decided here, once; whatever `Instance.from_body` accepts can be rendered. What depends on the
operator's settings as well is left open (None) for the builders.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from kuberedis_operator.settings import Routing

EvictionPolicy = Literal[
    "noeviction",
    "allkeys-lru",
    "allkeys-lfu",
    "allkeys-random",
    "volatile-lru",
    "volatile-lfu",
    "volatile-random",
    "volatile-ttl",
]
Persistence = Literal["aof", "rdb", "none"]
DeletionPolicy = Literal["Retain", "Delete"]


class InvalidSpec(ValueError):
    """A spec that cannot be used; the text is one line: which field, what is wrong, what to write instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """`requests` and `limits` of a container, quantities by resource; what is not said has the operator's default."""

    requests: Mapping[str, str]
    limits: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class IngressSpec:
    """How the instance is reached from outside; None: as the operator's settings say."""

    enabled: bool
    host: str | None
    class_name: str | None
    annotations: Mapping[str, str]
    tls_secret_name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PodTemplate:
    """What the user adds to the pod: labels, annotations, and members of its spec such as `tolerations`."""

    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    pod_spec: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceSpec:
    """`spec` of a RedisHttpInstance with its defaults; sizes in bytes. None: as the operator's settings say."""

    capacity: int
    storage_class_name: str | None
    version: str | None
    image: str | None
    maxmemory: int
    eviction_policy: EvictionPolicy
    persistence: Persistence
    config: Mapping[str, str]
    redis_resources: Resources
    sidecar_resources: Resources
    ingress: IngressSpec
    routing: Routing | None
    deletion_policy: DeletionPolicy
    paused: bool
    pod_template: PodTemplate
    network_policy: bool
    limits: Mapping[str, str]
    """Variables of the sidecar's environment, by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """One RedisHttpInstance."""

    namespace: str
    name: str
    uid: str
    generation: int
    created_at: str
    """`creationTimestamp`: RFC 3339 in UTC, so that the texts sort by time."""
    annotations: Mapping[str, str]
    spec: InstanceSpec

    @classmethod
    def from_body(cls, body: Mapping[str, Any]) -> Instance:
        """Read the custom resource as the API server gives it.

        Raises:
            InvalidSpec: The spec cannot be used. The schema refuses most such specs already, at `kubectl apply`.
        """
        raise NotImplementedError
