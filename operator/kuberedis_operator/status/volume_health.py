"""The volume of an instance against what its spec wants: whether it grows, and what stands in the way. Pure.

A claim can grow and never shrink, and only if its StorageClass allows it
(https://kubernetes.io/docs/concepts/storage/persistent-volumes/#expanding-persistent-volumes-claims).
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from enum import Enum, auto
from typing import Any

from kuberedis_core.crd.spec import Persistence
from kuberedis_core.quantities import parse_amount
from kuberedis_operator.resources.ssa_diff import differences

Body = Mapping[str, Any]

# All other fields of a StatefulSet's spec can be changed, so a difference in these takes a new StatefulSet.
_IMMUTABLE = ("serviceName", "selector", "podManagementPolicy", "volumeClaimTemplates")


class Volume(Enum):
    """How far a volume is."""

    NONE = auto()
    """There is none, or not yet."""
    AS_WANTED = auto()
    TOO_SMALL = auto()
    """The claim does not ask for enough yet."""
    UNBOUND = auto()
    """The claim does not ask for enough and cannot be changed before it is bound."""
    GROWING = auto()
    """The claim asks for enough, the volume does not have it yet."""


def wanted_size(stateful_set: Body) -> str | None:
    """What the claim of this StatefulSet asks for, as a quantity; None without persistence."""
    templates = stateful_set["spec"].get("volumeClaimTemplates")
    return templates[0]["spec"]["resources"]["requests"]["storage"] if templates else None


def judge(wanted: str | None, claim: Body | None) -> Volume:
    """How far a claim is.

    Args:
        wanted: From `wanted_size`.
        claim: The claim as it is.
    """
    if wanted is None or claim is None:
        return Volume.NONE
    requested = parse_amount(claim["spec"]["resources"]["requests"]["storage"])
    if requested < parse_amount(wanted):
        return Volume.TOO_SMALL if claim.get("status", {}).get("phase") == "Bound" else Volume.UNBOUND
    has = size(claim)
    return Volume.GROWING if has is not None and has < requested else Volume.AS_WANTED


def size(claim: Body | None) -> Decimal | None:
    """How many bytes the volume of this claim has; None while there is none."""
    has = claim.get("status", {}).get("capacity", {}).get("storage") if claim is not None else None
    return parse_amount(has) if has is not None else None


def usable(claim: Body | None, persistence: Persistence) -> int | None:
    """How many bytes of the volume are there for data; None if there is no volume.

    Without persistence there may still be a claim, that of a former instance of this name.
    """
    has = size(claim) if persistence != "none" else None
    return int(has) if has is not None else None


def needs_replacement(rendered: Body, live: Body) -> bool:
    """Whether the StatefulSet `live` cannot become `rendered` by an update."""
    return bool(differences({name: rendered["spec"].get(name) for name in _IMMUTABLE}, live["spec"]))


def with_claims_of(rendered: dict[str, Any], live: Body) -> dict[str, Any]:
    """`rendered` with the claim templates of `live`, for a volume that does not grow."""
    return {**rendered, "spec": {**rendered["spec"], "volumeClaimTemplates": live["spec"]["volumeClaimTemplates"]}}


def growth(claim: Body, wanted: str) -> dict[str, Any]:
    """The merge patch that makes `claim` ask for `wanted`."""
    metadata = claim["metadata"]
    return {
        "metadata": {"namespace": metadata["namespace"], "name": metadata["name"], "uid": metadata["uid"]},
        "spec": {"resources": {"requests": {"storage": wanted}}},
    }
