"""What an instance is to be: the body of a custom resource in, a frozen object out.

Everything that depends on the spec alone is decided here, once; whatever `Instance.from_body` accepts can be rendered. What depends on the
operator's settings as well is left open (None) for the builders.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Literal, get_args

from kuberedis_core.crd import redis_options
from kuberedis_core.crd.names import MAX_NAME_LENGTH
from kuberedis_core.crd.object_reader import Fields, InvalidSpec, Shape, quantity, text, whole
from kuberedis_core.crd.sidecar_limits import read_limits
from kuberedis_core.crd.versions import check_version
from kuberedis_core.quantities import format_bytes, parse_amount, parse_bytes

__all__ = [
    "MIN_MAXMEMORY",
    "DeletionPolicy",
    "EvictionPolicy",
    "IngressSpec",
    "Instance",
    "InstanceSpec",
    "InvalidSpec",
    "Persistence",
    "PodTemplate",
    "Resources",
    "Routing",
    "check_name",
    "maxmemory_of",
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

_NAME = re.compile(r"[a-z]([a-z0-9-]*[a-z0-9])?")
_POD_SPEC: Mapping[str, Shape] = {
    "nodeSelector": "object",
    "affinity": "object",
    "tolerations": "list",
    "topologySpreadConstraints": "list",
    "priorityClassName": "text",
    "imagePullSecrets": "list",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """What the user says of a container's resources: amounts, in bytes or cores, by resource. The rest has the operator's defaults."""

    requests: Mapping[str, Decimal]
    limits: Mapping[str, Decimal]


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
    maxmemory_follows: bool
    """Whether it is what the capacity makes of it."""
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

    def on_volume(self, size: int) -> InstanceSpec:
        """The spec on a volume that has `size` bytes: less than asked for while it grows, and for good if it cannot.

        Memory that follows from the capacity follows from what is there, as the data have to fit onto it.
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
        """Read the custom resource as the API server gives it.

        Raises:
            InvalidSpec: The spec cannot be used. The schema refuses most such specs already, at `kubectl apply`.
        """
        metadata = Fields(body.get("metadata"), "metadata")
        return cls(
            namespace=metadata.required("namespace", text, "default"),
            name=metadata.required("name", check_name, "my-cache"),
            uid=metadata.required("uid", text, "the API server's"),
            generation=metadata.required("generation", whole(0), "1"),
            created_at=metadata.required("creationTimestamp", text, "the API server's"),
            annotations=metadata.texts("annotations"),
            spec=_spec(Fields(body.get("spec"), "spec")),
        )


def check_name(value: object) -> str:
    """`value` itself if it is a name that an instance can have.

    Raises ValueError, with what to write instead, when it is none.
    """
    if not isinstance(value, str):
        raise ValueError("missing; write for example name: my-cache")
    if not _NAME.fullmatch(value):
        raise ValueError(
            f"{value!r} is not a usable name; write lower-case letters, digits and '-',"
            " beginning with a letter and ending with a letter or digit"
        )
    if len(value) > MAX_NAME_LENGTH:
        raise ValueError(f"{value!r} has {len(value)} characters; write at most {MAX_NAME_LENGTH}")
    return value


def maxmemory_of(capacity: int, wanted: int | None) -> int:
    """How much memory, in bytes, the data may take: half of `capacity` unless `wanted` says otherwise.

    An append-only file is rewritten beside the old one, so both must fit onto the volume.

    Raises InvalidSpec when it is more than `capacity`, or too little for a server.
    """
    maxmemory = capacity // 2 if wanted is None else wanted
    if maxmemory > capacity:
        raise InvalidSpec(f"spec.maxmemory: {format_bytes(maxmemory)} is more than spec.capacity, {format_bytes(capacity)}")
    if maxmemory < MIN_MAXMEMORY:
        field = "spec.capacity: leaves Redis" if wanted is None else "spec.maxmemory: leaves Redis"
        raise InvalidSpec(
            f"{field} {format_bytes(maxmemory)} of memory, less than the {format_bytes(MIN_MAXMEMORY)} it needs; write for example 64Mi"
        )
    return maxmemory


def _spec(spec: Fields) -> InstanceSpec:
    capacity = spec.required("capacity", quantity(parse_bytes), "capacity: 1Gi")
    wanted = spec.read("maxmemory", quantity(parse_bytes))
    maxmemory = maxmemory_of(capacity, wanted)
    version, image = spec.read("version", _version), spec.text("image") or None
    if version is not None and image is not None:
        raise spec.refuse("image", "cannot stand beside spec.version; remove one of them")
    return InstanceSpec(
        capacity=capacity,
        storage_class_name=spec.text("storageClassName"),
        version=version,
        image=image,
        maxmemory=maxmemory,
        maxmemory_follows=wanted is None,
        eviction_policy=spec.choice("evictionPolicy", get_args(EvictionPolicy)) or "noeviction",
        persistence=spec.choice("persistence", get_args(Persistence)) or "aof",
        config=_config(spec),
        redis_resources=_redis_resources(spec.child("resources"), maxmemory),
        sidecar_resources=_resources(spec.child("resources").child("sidecar")),
        ingress=_ingress(spec.child("ingress")),
        routing=spec.choice("routing", get_args(Routing)),
        deletion_policy=spec.choice("deletionPolicy", get_args(DeletionPolicy)) or "Retain",
        paused=spec.flag("paused", default=False),
        pod_template=_pod_template(spec.child("podTemplate")),
        network_policy=spec.child("networkPolicy").flag("enabled", default=True),
        limits=read_limits(spec.child("limits")),
    )


def _version(value: object) -> str:
    return check_version(text(value))


def _config(spec: Fields) -> dict[str, str]:
    config = spec.texts("config")
    for name in config:
        if (why := redis_options.refusal(name)) is not None:
            raise spec.refuse("config", f"{name} cannot be set: {why}")
    return config


def _redis_resources(resources: Fields, maxmemory: int) -> Resources:
    redis = _resources(resources.child("redis"))
    limit = redis.limits.get("memory")
    if limit is not None and limit < maxmemory:
        raise resources.refuse(
            "redis.limits.memory",
            f"{format_bytes(int(limit))} is less than the {format_bytes(maxmemory)} of data that Redis may hold;"
            " raise it, or lower spec.maxmemory",
        )
    return redis


def _resources(container: Fields) -> Resources:
    resources = Resources(
        requests=container.objects("requests", quantity(parse_amount)),
        limits=container.objects("limits", quantity(parse_amount)),
    )
    for name, request in resources.requests.items():
        if request > resources.limits.get(name, request):
            raise container.refuse(f"requests.{name}", "is more than the limit; lower it, or raise the limit")
    return resources


def _ingress(ingress: Fields) -> IngressSpec:
    return IngressSpec(
        enabled=ingress.flag("enabled", default=True),
        host=ingress.text("host") or None,
        class_name=ingress.text("className") or None,
        annotations=ingress.texts("annotations"),
        tls_secret_name=ingress.text("tlsSecretName") or None,
    )


def _pod_template(template: Fields) -> PodTemplate:
    return PodTemplate(
        labels=template.texts("labels"),
        annotations=template.texts("annotations"),
        pod_spec=template.shaped(_POD_SPEC),
    )
