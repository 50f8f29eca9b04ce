"""One value for all that an instance consists of.

It is computed once a reconcile. Builders render it and the status reports it, so neither of them reads settings or decides anything that
both must agree on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from kuberedis_core.crd import names
from kuberedis_core.crd.spec import Instance, InstanceSpec
from kuberedis_core.members import MemberAddress
from kuberedis_core.sidecar_environment import MAX_TOKEN_SECONDS
from kuberedis_operator.settings import OperatorSettings
from kuberedis_operator.topology.container_resources import (
    ContainerResources,
    memory_limit,
    redis_resources,
    sentinel_resources,
    sidecar_resources,
)
from kuberedis_operator.topology.formation import Formation
from kuberedis_operator.topology.images import image_of, version_of
from kuberedis_operator.topology.members import Member, members_of
from kuberedis_operator.topology.route import Route, route_of
from kuberedis_operator.topology.volume import VolumeRequest, volume_of
from kuberedis_operator.trace_settings import Traces


@dataclass(frozen=True, slots=True, kw_only=True)
class Topology:
    """What an instance consists of."""

    instance: Instance
    """The instance; its spec is adjusted to what the volumes really have."""
    members: tuple[Member, ...]
    formation: Formation | None
    """How several members stand at present; None for a member on its own."""
    volume: VolumeRequest | None
    """The volume of each member; None without persistence."""

    headless_service: str
    """Name of the Service that gives each pod its DNS name."""
    http_service: str
    """Name of the Service that the route leads to."""
    secret: str
    """Name of the Secret with the instance's key."""
    password_secret: str
    """Name of the Secret with the password of Redis."""
    config_map: str
    """Name of the ConfigMap with the configuration of Redis."""
    replication_secret: str
    """Name of the Secret with the password that several members have for each other."""
    tls_secret: str
    """Name of the Secret with the certificate of several members, which they mount."""
    authority_secret: str
    """Name of the Secret with the authority that issued it, which no pod mounts."""

    base_path: str
    """Path that the sidecar serves."""
    route: Route | None
    """None: reached from within the cluster only."""
    client_namespaces: tuple[str, ...]
    """Namespaces whose pods may connect to the sidecar."""
    dashboard_namespace: str | None
    """Namespace of the dashboard, whose pods may connect to the sidecar; None without one."""
    operator_namespace: str
    """Namespace of the operator, which reads the reports of several members."""
    admits_controllers: bool
    """Whether an ingress controller may connect to the sidecar, as far as that is known."""
    pod_user: int | None
    """User and group of the pods; None: the platform chooses."""

    max_token_seconds: int | None
    """The longest that a token may be valid; None for any time."""
    access_log: bool
    """Whether the sidecar logs each request."""
    traces: Traces | None
    """Where the sidecar sends traces; None for none."""

    version: str
    """Version of Redis or Valkey, or the image that the spec names."""
    redis_image: str
    sidecar_image: str
    redis_resources: ContainerResources
    sidecar_resources: ContainerResources
    sentinel_resources: ContainerResources
    """Of each of several members."""
    memory_limit: int
    """Memory limit of the container `redis`, in bytes."""

    @property
    def namespace(self) -> str:
        """Namespace of the instance and of all its children."""
        return self.instance.namespace

    @property
    def name(self) -> str:
        """Name of the instance."""
        return self.instance.name

    @property
    def spec(self) -> InstanceSpec:
        """Spec of the instance."""
        return self.instance.spec

    @property
    def pods(self) -> int:
        """How many members are to have a pod: all of them, unless there are to be fewer."""
        return len(self.members) if self.formation is None else self.formation.pods

    @property
    def addresses(self) -> tuple[MemberAddress, ...]:
        """Where the members reach each other, by ordinal; empty until all of these addresses are known, and for a member on its own."""
        found = tuple(member.address for member in self.members if member.address is not None)
        return found if len(found) == len(self.members) else ()

    def with_addresses(self, cluster_ips: Mapping[str, str]) -> Topology:
        """The same with the addresses of the members' Services, by name of the Service."""
        return replace(self, members=members_of(self.instance, cluster_ips, number=len(self.members)))


def topology_of(
    instance: Instance, settings: OperatorSettings, *, volume_bytes: int | None = None, formation: Formation | None = None
) -> Topology:
    """The topology of `instance`; the addresses of its members are added when their Services exist.

    Args:
        instance: the instance as it was applied.
        settings: settings of the operator.
        volume_bytes: size of the smallest volume of its members; None while there is none.
        formation: how several members stand at present.
    """
    if volume_bytes is not None:
        instance = replace(instance, spec=instance.spec.on_volume(volume_bytes))
    spec = instance.spec
    return Topology(
        instance=instance,
        members=members_of(instance, number=1 if formation is not None and formation.alone else None),
        formation=formation,
        volume=volume_of(spec),
        headless_service=names.headless_service_name(instance.name),
        http_service=names.http_service_name(instance.name),
        secret=names.secret_name(instance.name),
        password_secret=names.password_secret_name(instance.name),
        config_map=names.config_map_name(instance.name),
        replication_secret=names.replication_secret_name(instance.name),
        tls_secret=names.tls_secret_name(instance.name),
        authority_secret=names.authority_secret_name(instance.name),
        base_path=settings.path(instance.namespace, instance.name),
        route=route_of(instance, settings),
        client_namespaces=_client_namespaces(settings),
        dashboard_namespace=settings.dashboard_namespace,
        operator_namespace=settings.own_namespace,
        admits_controllers=not spec.network_policy or bool(settings.ingress_namespaces) or settings.gateway is not None,
        pod_user=settings.pod_user,
        max_token_seconds=_max_token_seconds(spec, settings),
        access_log=settings.access_log if spec.access_log is None else spec.access_log,
        traces=settings.traces,
        version=version_of(spec, settings),
        redis_image=image_of(spec, settings),
        sidecar_image=settings.sidecar_image,
        redis_resources=redis_resources(spec),
        sidecar_resources=sidecar_resources(spec),
        sentinel_resources=sentinel_resources(),
        memory_limit=memory_limit(spec),
    )


def _max_token_seconds(spec: InstanceSpec, settings: OperatorSettings) -> int | None:
    own = spec.limits.get(MAX_TOKEN_SECONDS)
    bounds = (None if own is None else int(own), settings.max_token_seconds)
    return min((bound for bound in bounds if bound is not None), default=None)


def _client_namespaces(settings: OperatorSettings) -> tuple[str, ...]:
    # Many controllers run what a Gateway describes beside that Gateway.
    gateways = {settings.gateway.namespace} if settings.gateway is not None else set()
    return tuple(sorted({*settings.ingress_namespaces, *settings.monitoring_namespaces, *gateways}))
