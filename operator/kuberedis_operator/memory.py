"""How much memory an instance gets: Redis for its data, and its containers for Redis and the sidecar.

Amounts are bytes. The figures leave room, so that Redis reaches `maxmemory` and evicts, or refuses writes, before the kernel kills it.
"""

from __future__ import annotations

from kuberedis_operator.spec import InstanceSpec


def memory_limit(spec: InstanceSpec) -> int:
    """The memory limit of the container `redis`, which is `status.memoryLimit`; the spec's own if it names one."""
    raise NotImplementedError
