"""The memory limit of the sidecar's container, its workers and the largest body of a request, which have to fit each other."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from kuberedis_core import sidecar_environment as env
from kuberedis_core.crd.object_reader import ObjectReader
from kuberedis_core.quantities import format_bytes

_MIB = 2**20


def workers(limits: Mapping[str, str], own_limits: Mapping[str, Decimal]) -> int:
    """The workers of the sidecar: one for each whole core of the user's own limit, and one without a limit.

    They are fewer where the user's own limit of memory leaves no room for the largest body in each of them: more cores must not make an
    instance refuse bodies that it took.

    Args:
        limits: Variables that follow from `spec.limits`, by name.
        own_limits: The user's own limits of the container, by resource.
    """
    most = max(1, min(int(own_limits.get("cpu", 1)), env.MAX_WORKERS))
    if "memory" not in own_limits:
        return most
    memory = int(own_limits["memory"])
    body = int(limits.get(env.MAX_BODY_BYTES, 0)) or env.default_max_body_bytes(memory)
    return max(number for number in range(1, most + 1) if number == 1 or env.memory_for_bodies(body, number) <= memory)


def memory_limit(limits: Mapping[str, str], own_requests: Mapping[str, Decimal], own_limits: Mapping[str, Decimal]) -> int:
    """The memory limit of the sidecar's container, in bytes: the user's own, or what the largest body needs in each worker.

    Args:
        limits: Variables that follow from `spec.limits`, by name.
        own_requests: The user's own requests of the container, by resource.
        own_limits: The user's own limits.
    """
    if "memory" in own_limits:
        return int(own_limits["memory"])
    body = int(limits.get(env.MAX_BODY_BYTES, env.DEFAULT_MAX_BODY_BYTES))
    needed = env.memory_for_bodies(body, workers(limits, own_limits))
    whole_mib = -(-max(env.DEFAULT_MEMORY_BYTES, needed) // _MIB) * _MIB
    return max(whole_mib, int(own_requests.get("memory", 0)))


def check_memory(spec: ObjectReader, limits: Mapping[str, str], own_limits: Mapping[str, Decimal]) -> None:
    """Check that the user's own limit of the sidecar's memory, if there is one, leaves room for the largest body.

    Raises:
        InvalidSpec: It does not.
    """
    own = own_limits.get("memory")
    if own is None:
        return
    if own < env.MIN_MEMORY_BYTES:
        least = format_bytes(env.MIN_MEMORY_BYTES)
        raise spec.refuse(
            "resources.sidecar.limits.memory", f"{format_bytes(int(own))} is too little for the gateway; write {least} or more"
        )
    body = int(limits.get(env.MAX_BODY_BYTES, 0))
    needed = env.memory_for_bodies(body)
    if own < needed:
        most = (int(own) - env.BASE_MEMORY_BYTES) // env.MEMORY_PER_BODY_BYTE
        raise spec.refuse(
            "limits.maxBodyBytes",
            f"bodies of {body} bytes need a gateway with {format_bytes(needed)} of memory; raise"
            f" spec.resources.sidecar.limits.memory, or write at most {most}",
        )
