"""The spec of an instance: the body of a custom resource in, a frozen object out.

Everything that depends on the spec alone is decided here, once; whatever this accepts can be rendered. What depends on the operator's
settings as well is left open (None) for the builders.

It refuses everything that the schema in `config/crd.yaml` refuses, so that a manifest that local mode runs is one that `kubectl apply`
takes. A field of the spec that is not known is refused too, in the operator as well: the API server removes unknown fields, so there it is
a field of a newer schema, and to leave it out would be to act on half of what the user asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Literal, get_args

from kuberedis_core.crd import redis_options
from kuberedis_core.crd.ingress_spec import IngressSpec, read_ingress
from kuberedis_core.crd.names import check_name
from kuberedis_core.crd.object_reader import InvalidSpec, ObjectReader, quantity, truth, whole
from kuberedis_core.crd.pod_template import PodTemplate, read_pod_template
from kuberedis_core.crd.sidecar_limits import read_limits
from kuberedis_core.crd.sidecar_memory import check_memory, memory_limit, workers
from kuberedis_core.crd.text_rules import image, object_name, shown, text, text_on_one_line
from kuberedis_core.crd.tls_spec import TlsSpec, read_tls
from kuberedis_core.crd.versions import check_version
from kuberedis_core.members import MEMBERS_OF_HIGH_AVAILABILITY
from kuberedis_core.quantities import format_bytes, parse_amount, parse_bytes
from kuberedis_core.sidecar_environment import MAX_BODY_BYTES, default_max_body_bytes

__all__ = [
    "MIN_MAXMEMORY",
    "DeletionPolicy",
    "EvictionPolicy",
    "IngressSpec",
    "Instance",
    "InstanceSpec",
    "InvalidSpec",
    "Persistence",
    "Resources",
    "Routing",
    "read_spec",
]

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
Routing = Literal["Ingress", "HTTPRoute"]

MIN_MAXMEMORY = 2 * 2**20
"""Below this an empty server's own overhead leaves no room for data."""

_SPEC = frozenset(
    """
    capacity storageClassName version image maxmemory evictionPolicy persistence config resources ingress routing deletionPolicy paused
    podTemplate networkPolicy limits accessLog replicas failover tls
    """.split()
)
_REPLICAS = (1, MEMBERS_OF_HIGH_AVAILABILITY)
_DETECT_AFTER_SECONDS = 2
_RESOURCES = frozenset("cpu memory ephemeral-storage".split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """The user's own resources of a container: amounts, in bytes or cores, by resource. The others have the operator's defaults."""

    requests: Mapping[str, Decimal]
    limits: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceSpec:
    """`spec` of a RedisHttpInstance with its defaults; sizes in bytes. None: as the operator's settings say."""

    capacity: int
    storage_class_name: str | None
    version: str | None
    image: str | None
    maxmemory: int
    maxmemory_follows: bool
    """Whether it follows from the capacity."""
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
    access_log: bool | None
    """Whether the sidecar logs each request."""
    replicas: int
    """Number of members: 1 or 3."""
    detect_after_seconds: int
    """Time without an answer after which the primary of several members is taken for failed."""
    tls: TlsSpec
    """Of several members."""

    @property
    def is_replicated(self) -> bool:
        """Whether it has several members, which replicate the data of the primary among them."""
        return self.replicas > 1

    @property
    def sidecar_memory(self) -> int:
        """Memory limit of the sidecar's container, in bytes."""
        return memory_limit(self.limits, self.sidecar_resources.requests, self.sidecar_resources.limits)

    @property
    def sidecar_workers(self) -> int:
        """Worker processes of the sidecar."""
        return workers(self.limits, self.sidecar_resources.limits)

    @property
    def max_body_bytes(self) -> int:
        """The largest body of a request."""
        return int(self.limits.get(MAX_BODY_BYTES, 0)) or default_max_body_bytes(self.sidecar_memory)

    def on_volume(self, size: int) -> InstanceSpec:
        """The spec on a volume of `size` bytes, which is less than the capacity while the volume grows, or for good if it cannot.

        Memory that follows from the capacity follows from that size instead, because the data have to fit onto the volume.
        """
        if not self.maxmemory_follows or size >= self.capacity:
            return self
        return replace(self, maxmemory=max(size // 2, MIN_MAXMEMORY))


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
        """Read the custom resource as the API server returns it; of its metadata only what is needed.

        Raises:
            InvalidSpec: The spec cannot be used. The schema refuses such a spec already, at `kubectl apply`.
        """
        metadata = ObjectReader(body.get("metadata"), "metadata")
        return cls(
            namespace=metadata.required("namespace", text, "namespace: default"),
            name=read_name(metadata),
            uid=metadata.required("uid", text, "the API server's"),
            generation=metadata.required("generation", whole(0, 2**63 - 1), "generation: 1"),
            created_at=metadata.required("creationTimestamp", text, "the API server's"),
            annotations=metadata.mapping("annotations", text, most=2**31),
            spec=read_spec(body.get("spec")),
        )


def read_name(metadata: ObjectReader) -> str:
    """The name of the instance.

    Raises:
        InvalidSpec: It has none, or one that an instance cannot have.
    """
    return metadata.required("name", check_name, "name: my-cache")


def read_spec(value: object) -> InstanceSpec:
    """Read `spec` of a manifest or of a custom resource.

    Raises:
        InvalidSpec: The spec cannot be used.
    """
    spec = ObjectReader(value, "spec", _SPEC)
    capacity = spec.required("capacity", quantity(parse_bytes), "capacity: 1Gi")
    own_maxmemory = spec.read("maxmemory", quantity(parse_bytes))
    maxmemory = _maxmemory(spec, capacity, own_maxmemory)
    version, own_image = spec.read("version", _version), spec.read("image", image)
    if version is not None and own_image is not None:
        raise spec.refuse("image", "cannot stand beside spec.version; remove one of them")
    resources = spec.child("resources", {"redis", "sidecar"})
    sidecar, limits = _resources(resources, "sidecar"), read_limits(spec)
    check_memory(spec, limits, sidecar.limits)
    return InstanceSpec(
        capacity=capacity,
        storage_class_name=spec.read("storageClassName", object_name),
        version=version,
        image=own_image,
        maxmemory=maxmemory,
        maxmemory_follows=own_maxmemory is None,
        eviction_policy=spec.choice("evictionPolicy", get_args(EvictionPolicy)) or "noeviction",
        persistence=spec.choice("persistence", get_args(Persistence)) or "aof",
        config=_config(spec),
        redis_resources=_redis_resources(resources, maxmemory),
        sidecar_resources=sidecar,
        ingress=read_ingress(spec),
        routing=spec.choice("routing", get_args(Routing)),
        deletion_policy=spec.choice("deletionPolicy", get_args(DeletionPolicy)) or "Retain",
        paused=spec.flag("paused", default=False),
        pod_template=read_pod_template(spec),
        network_policy=spec.child("networkPolicy", {"enabled"}).flag("enabled", default=True),
        limits=limits,
        access_log=spec.read("accessLog", truth),
        replicas=spec.read("replicas", _replicas) or 1,
        detect_after_seconds=_detect_after_seconds(spec),
        tls=read_tls(spec),
    )


def _maxmemory(spec: ObjectReader, capacity: int, own: int | None) -> int:
    """Memory for data, in bytes: half of the capacity unless the spec says otherwise.

    An append-only file is rewritten beside the old one, so both must fit onto the volume.
    """
    maxmemory = capacity // 2 if own is None else own
    if maxmemory > capacity:
        raise spec.refuse(
            "maxmemory", f"{format_bytes(maxmemory)} is more than spec.capacity, {format_bytes(capacity)}; write at most that"
        )
    if maxmemory < MIN_MAXMEMORY:
        raise spec.refuse(
            "capacity" if own is None else "maxmemory",
            f"leaves Redis {format_bytes(maxmemory)} of memory, less than the {format_bytes(MIN_MAXMEMORY)} it needs;"
            " write for example 64Mi",
        )
    return maxmemory


def _replicas(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value not in _REPLICAS:
        raise ValueError(f"{shown(value)} does not fit; write 1 or 3")
    return value


def _detect_after_seconds(spec: ObjectReader) -> int:
    return spec.child("failover", {"detectAfterSeconds"}).read("detectAfterSeconds", whole(1, 30)) or _DETECT_AFTER_SECONDS


def _version(value: object) -> str:
    return check_version(text(value))


def _config(spec: ObjectReader) -> dict[str, str]:
    config = spec.mapping("config", text_on_one_line, most=64)
    for name in config:
        if (why := redis_options.refusal(name)) is not None:
            raise spec.refuse("config", f"{name} cannot be set: {why}")
    return config


def _redis_resources(resources: ObjectReader, maxmemory: int) -> Resources:
    redis = _resources(resources, "redis")
    limit = redis.limits.get("memory")
    if limit is not None and limit <= maxmemory:
        raise resources.refuse(
            "redis.limits.memory",
            f"{format_bytes(int(limit))} is not more than the {format_bytes(maxmemory)} of data that Redis may hold;"
            " raise it, or lower spec.maxmemory",
        )
    return redis


def _resources(resources: ObjectReader, name: str) -> Resources:
    container = resources.child(name, {"requests", "limits"})
    found = Resources(requests=_amounts(container, "requests"), limits=_amounts(container, "limits"))
    for resource, request in found.requests.items():
        if request > found.limits.get(resource, request):
            raise container.refuse(f"requests.{resource}", "is more than the limit; lower it, or raise the limit")
    return found


def _amounts(container: ObjectReader, name: str) -> dict[str, Decimal]:
    container.child(name, _RESOURCES)
    return container.mapping(name, quantity(parse_amount), most=len(_RESOURCES))
