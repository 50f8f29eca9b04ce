"""Memory and CPU of the containers of an instance.

Amounts are bytes and cores. Redis' limit leaves room beyond `maxmemory`, so that it evicts, or refuses writes, before the kernel kills
it: for fragmentation, for the pages that change while a child process writes data to the disk or to a replica, and with several members for
what they have not received yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from kuberedis_core.crd.redis_config import replica_buffer, replication_backlog
from kuberedis_core.crd.spec import InstanceSpec, Resources
from kuberedis_core.quantities import canonical

_MIB = 2**20

_OVERHEAD = 64 * _MIB
"""Memory of Redis itself, its buffers and its clients."""
_SENTINEL_REQUESTS = {"cpu": Decimal("0.01"), "memory": Decimal(16 * _MIB)}
_SENTINEL_LIMITS = {"memory": Decimal(64 * _MIB)}

Amounts = Mapping[str, Decimal]
ContainerResources = Mapping[str, Mapping[str, str]]
"""`requests` and `limits` of a container, as quantities."""


def memory_limit(spec: InstanceSpec) -> int:
    """The memory limit of the container `redis`, in bytes: `status.memoryLimit`."""
    return int(_redis_limits(spec)["memory"])


def redis_resources(spec: InstanceSpec) -> ContainerResources:
    """`resources` of the container `redis`. It has no limit of CPU unless the spec names one: a throttled Redis stalls all its clients."""
    limits = _redis_limits(spec)
    return _rendered(_requests({"cpu": Decimal("0.1"), "memory": limits["memory"]}, limits, spec.redis_resources), limits)


def sidecar_resources(spec: InstanceSpec) -> ContainerResources:
    """`resources` of the container `sidecar`; its limit leaves room for the largest body of a request in each worker."""
    limits = _limits({"memory": Decimal(spec.sidecar_memory)}, spec.sidecar_resources)
    return _rendered(_requests({"cpu": Decimal("0.05"), "memory": Decimal(64 * _MIB)}, limits, spec.sidecar_resources), limits)


def sentinel_resources() -> ContainerResources:
    """`resources` of the container `sentinel`, which has the same to do whatever the size of the instance is."""
    return _rendered(_SENTINEL_REQUESTS, _SENTINEL_LIMITS)


def _redis_limits(spec: InstanceSpec) -> Amounts:
    # A first copy for a replica takes a child process, with or without persistence.
    quarters = 5 if spec.persistence == "none" and not spec.is_replicated else 6
    return _limits({"memory": _whole_mib(spec.maxmemory * quarters // 4 + _OVERHEAD + _replication(spec))}, spec.redis_resources)


def _replication(spec: InstanceSpec) -> int:
    """Memory of what replicas have not received yet, which `maxmemory` does not count, and of the backlog."""
    return replication_backlog(spec.maxmemory) + replica_buffer(spec.maxmemory) if spec.is_replicated else 0


def _whole_mib(amount: int) -> Decimal:
    return Decimal(-(-amount // _MIB) * _MIB)


def _limits(defaults: Amounts, own: Resources) -> Amounts:
    """Limits: the user's own, and the defaults, raised where the user requests more."""
    room = {name: max(amount, own.requests.get(name, amount)) for name, amount in defaults.items()}
    return {**room, **own.limits}


def _requests(defaults: Amounts, limits: Amounts, own: Resources) -> Amounts:
    """Requests: the user's own, and the defaults, lowered where a limit is less."""
    allowed = {name: min(amount, limits.get(name, amount)) for name, amount in defaults.items()}
    return {**allowed, **own.requests}


def _rendered(requests: Amounts, limits: Amounts) -> ContainerResources:
    return {
        "requests": {name: canonical(amount) for name, amount in requests.items()},
        "limits": {name: canonical(amount) for name, amount in limits.items()},
    }
