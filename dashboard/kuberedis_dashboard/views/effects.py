"""What a change of an instance does: which of it is immediate, and whether Redis restarts. Pure.

Whether a pod is replaced is decided by the operator's own parts: the hash of everything that only a restart can change, of the pod before
and after. The operator's settings, which the dashboard does not know, are the same in both.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from kuberedis_core.body import Body
from kuberedis_core.crd.spec import Instance, InstanceSpec, InvalidSpec
from kuberedis_core.crd.versions import VALKEY
from kuberedis_core.quantities import format_bytes
from kuberedis_operator.resources.pod import pod_spec
from kuberedis_operator.resources.statefulset import restart_hash
from kuberedis_operator.settings import OperatorSettings
from kuberedis_operator.topology.images import version_of
from kuberedis_operator.topology.topology import topology_of

Weight = Literal["immediate", "restart", "danger"]

_SETTINGS = OperatorSettings(sidecar_image="sidecar")
_OF_ONE = "Redis restarts: for some seconds requests get 503 with Retry-After."
_OF_SEVERAL = "The members restart one after the other, the primary last and after it has handed over: requests wait, and none fails."
_RESTART_LOSES: Mapping[str, str] = {
    "aof": " No acknowledged write is lost.",
    "rdb": " Redis saves its data first, so none are lost.",
    "none": "",
}


@dataclass(frozen=True, slots=True)
class Effect:
    """One thing that a change does."""

    weight: Weight
    text: str


def effects_of(before: Body, spec: Mapping[str, Any]) -> tuple[Effect, ...]:
    """What it does to give an instance another spec; the gravest first, and nothing if that spec cannot be used.

    Args:
        before: the instance as it is.
        spec: the spec that it is to have.
    """
    try:
        old = Instance.from_body(before)
        new = Instance.from_body({**before, "spec": dict(spec)})
    except InvalidSpec:
        return ()
    if old.spec == new.spec:
        return ()
    found = [*_restart(before, old, new), *_of_members(old.spec, new.spec), *_of_data(old.spec, new.spec), *_of_access(old.spec, new.spec)]
    if new.spec.paused and old.spec.paused:
        found.append(Effect("immediate", "It is paused: nothing of this happens before Paused is off again."))
    order: tuple[Weight, ...] = ("danger", "restart", "immediate")
    return tuple(sorted(found, key=lambda effect: order.index(effect.weight))) or (Effect("immediate", "It takes effect at once."),)


def _settings(before: Body, old: InstanceSpec) -> OperatorSettings:
    """Settings of an operator that runs what the status says where the spec names no version."""
    version = before.get("status", {}).get("version")
    is_default = isinstance(version, str) and old.image is None and old.version is None
    return replace(_SETTINGS, default_version=version) if is_default else _SETTINGS


def _hash(instance: Instance, settings: OperatorSettings) -> str:
    return restart_hash(pod_spec(topology_of(instance, settings)), instance.spec)


def _restart(before: Body, old: Instance, new: Instance) -> Iterator[Effect]:
    settings = _settings(before, old.spec)
    # What a change of their number does is told apart.
    alike = replace(new, spec=replace(new.spec, replicas=old.spec.replicas))
    if _hash(old, settings) == _hash(alike, settings):
        return
    if new.spec.persistence == "none" and not old.spec.is_replicated:
        yield Effect("danger", "Redis restarts and begins empty: without persistence its data are lost.")
    else:
        loses = _RESTART_LOSES[old.spec.persistence]
        yield Effect("restart", (_OF_SEVERAL if old.spec.is_replicated else _OF_ONE) + loses)
    was, becomes = (version_of(spec, settings) for spec in (old.spec, new.spec))
    if was != becomes:
        yield Effect("immediate", "The new image is pulled before the pod is replaced.")
    if was != becomes and (old.spec.image or new.spec.image or _may_not_read(was, becomes)):
        yield Effect("danger", "An older version, or Valkey after Redis 7.4 or newer, cannot read the data and does not start.")


def _may_not_read(was: str, becomes: str) -> bool:
    """Whether a version is older than the one before, or of the other kind."""
    if was.startswith(VALKEY) != becomes.startswith(VALKEY):
        return True
    known = _numbers(becomes)
    return known < _numbers(was)[: len(known)]


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.removeprefix(VALKEY).split(".") if part.isdecimal())


def _of_members(old: InstanceSpec, new: InstanceSpec) -> Iterator[Effect]:
    if new.replicas > old.replicas:
        yield Effect("immediate", "Two more members start, each with a volume and memory of its own, and copy the data.")
        yield Effect("restart", "Then the first pod restarts once, and requests wait for some seconds.")
    elif new.replicas < old.replicas:
        yield Effect("immediate", "The primary hands over to the first member, which goes on without a restart; the others end.")
        yield Effect("danger", "From then on a lost node is an outage until the pod runs elsewhere.")
        if new.persistence != "none":
            yield Effect("immediate", "The volumes of the other members stay; what they hold is overwritten when they are used again.")


def _of_data(old: InstanceSpec, new: InstanceSpec) -> Iterator[Effect]:
    if new.capacity > old.capacity and new.persistence != "none":
        yield Effect("immediate", "The volume grows without a restart, if its StorageClass allows expansion. It can never shrink again.")
    if new.maxmemory != old.maxmemory:
        change = f"Redis may hold {format_bytes(new.maxmemory)} of data instead of {format_bytes(old.maxmemory)}, at once"
        yield Effect("immediate", f"{change}; the pod is resized in place if its node has room, otherwise it restarts.")
    if new.maxmemory < old.maxmemory:
        yield Effect("danger", _less_memory(new))
    if new.eviction_policy != old.eviction_policy:
        yield Effect("immediate", f"The eviction policy is {new.eviction_policy} at once.")
        if old.eviction_policy == "noeviction":
            yield Effect("danger", "When memory is full, Redis deletes keys instead of refusing writes.")
    if old.persistence == "aof" and new.persistence == "rdb":
        yield Effect("danger", "A crash loses the writes since the last snapshot, which are those of some minutes.")
    if old.deletion_policy == "Retain" and new.deletion_policy == "Delete":
        yield Effect("danger", "Whoever deletes the instance from now on deletes its data too.")


def _less_memory(spec: InstanceSpec) -> str:
    if spec.eviction_policy == "noeviction":
        return "If Redis holds more than that now, writes fail with status 507 until keys are deleted."
    return "If Redis holds more than that now, keys are evicted at once."


def _of_access(old: InstanceSpec, new: InstanceSpec) -> Iterator[Effect]:
    if old.ingress.enabled and not new.ingress.enabled:
        yield Effect("danger", "Its URL stops to work for clients outside the cluster.")
    elif old.ingress.host != new.ingress.host and new.ingress.enabled:
        yield Effect("danger", "Its URL changes: clients need the new one.")
    if new.paused and not old.paused:
        yield Effect("immediate", "The operator leaves everything as it is, and Redis keeps serving.")
    elif old.paused and not new.paused:
        yield Effect("immediate", "The operator looks after it again, and reverts what was changed by hand.")
