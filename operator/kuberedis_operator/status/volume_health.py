"""The volumes of an instance against what its spec wants: whether they grow, and what prevents it. Pure.

A claim can grow and never shrink, and only if its StorageClass allows it
(https://kubernetes.io/docs/concepts/storage/persistent-volumes/#expanding-persistent-volumes-claims).
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from enum import IntEnum

from kuberedis_core.body import Body
from kuberedis_core.quantities import parse_amount
from kuberedis_operator.resources.kinds import CLAIM
from kuberedis_operator.resources.ssa_diff import differences
from kuberedis_operator.status.pod_health import Problem

# All other fields of a StatefulSet's spec can be changed, so a difference in these takes a new StatefulSet.
_IMMUTABLE = ("serviceName", "selector", "podManagementPolicy", "volumeClaimTemplates")


class VolumeProgress(IntEnum):
    """How far a volume is on its way to the wanted size; of several volumes, the greatest value is the furthest behind."""

    NONE = 0
    """There is none, or not yet."""
    AS_WANTED = 1
    GROWING = 2
    """The claim requests enough, the volume does not have it yet."""
    TOO_SMALL = 3
    """The claim does not request enough yet."""
    UNBOUND = 4
    """The claim does not request enough and cannot be changed before it is bound."""


def wanted_size(stateful_set: Body) -> str | None:
    """What the claims of this StatefulSet request, as a quantity; None without persistence."""
    templates = stateful_set["spec"].get("volumeClaimTemplates")
    return templates[0]["spec"]["resources"]["requests"]["storage"] if templates else None


def progress_of(wanted: str | None, claim: Body | None) -> VolumeProgress:
    """How far a volume is.

    Args:
        wanted: result of `wanted_size`.
        claim: live claim of the volume.
    """
    if wanted is None or claim is None:
        return VolumeProgress.NONE
    requested = parse_amount(claim["spec"]["resources"]["requests"]["storage"])
    if requested < parse_amount(wanted):
        is_bound = claim.get("status", {}).get("phase") == "Bound"
        return VolumeProgress.TOO_SMALL if is_bound else VolumeProgress.UNBOUND
    has = size(claim)
    return VolumeProgress.GROWING if has is not None and has < requested else VolumeProgress.AS_WANTED


def is_leaving(claim: Body | None) -> bool:
    """Whether the claim is being deleted: it, and its data, go as soon as no pod uses it."""
    return claim is not None and "deletionTimestamp" in claim["metadata"]


def deletion_problem(claim: Body | None, pod: Body | None) -> Problem | None:
    """What the owner should know of a claim that is being deleted while a pod uses it."""
    if claim is None or pod is None or not is_leaving(claim):
        return None
    name, namespace = claim["metadata"]["name"], claim["metadata"]["namespace"]
    return Problem(
        "VolumeBeingDeleted",
        f"somebody deleted {CLAIM.kind} {name}: its data are lost as soon as the pod ends, so the pod is not restarted for any change; copy"
        f" the data to another instance now, or give them up: kubectl -n {namespace} delete pod {pod['metadata']['name']}",
    )


def size(claim: Body | None) -> Decimal | None:
    """Size of the volume of this claim, in bytes; None while there is none."""
    has = claim.get("status", {}).get("capacity", {}).get("storage") if claim is not None else None
    return parse_amount(has) if has is not None else None


def smallest_size(claims: Iterable[Body | None]) -> int | None:
    """Size of the smallest volume of these claims, in bytes; None while there is none."""
    return min((int(has) for claim in claims if (has := size(claim)) is not None), default=None)


def needs_replacement(rendered: Body, live: Body) -> bool:
    """Whether the StatefulSet `live` cannot be updated to `rendered`."""
    return bool(differences({name: rendered["spec"].get(name) for name in _IMMUTABLE}, live["spec"]))


def with_claims_of(rendered: Body, live: Body) -> Body:
    """`rendered` with the claim templates of `live`, for volumes that do not grow."""
    return {**rendered, "spec": {**rendered["spec"], "volumeClaimTemplates": live["spec"].get("volumeClaimTemplates") or []}}


def unscaled(rendered: Body, live: Body) -> Body:
    """`rendered` with the number of pods of `live`, for claims that no further pod may mount."""
    return {**rendered, "spec": {**rendered["spec"], "replicas": live["spec"]["replicas"]}}


def growth(claim: Body, wanted: str) -> Body:
    """The merge patch that makes `claim` request `wanted`."""
    metadata = claim["metadata"]
    return {
        "metadata": {"namespace": metadata["namespace"], "name": metadata["name"], "uid": metadata["uid"]},
        "spec": {"resources": {"requests": {"storage": wanted}}},
    }
