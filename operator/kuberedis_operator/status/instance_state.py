"""What the metrics say of an instance, from the object as it was last seen. Pure."""

from __future__ import annotations

from typing import NamedTuple

from kuberedis_core.body import Body


class ConditionState(NamedTuple):
    """A condition without its text, which changes too often for a label."""

    type: str
    status: str
    reason: str


class InstanceState(NamedTuple):
    """The state of one instance."""

    conditions: tuple[ConditionState, ...]
    """None before the first status."""
    paused: bool
    members: int | None
    """Number of members; None of a member on its own."""
    in_sync: int | None
    """How many of the members have all data; None of a member on its own."""


def instance_state(body: Body) -> InstanceState:
    """The state of the instance whose object is `body`."""
    status = body.get("status", {})
    return InstanceState(
        tuple(ConditionState(each["type"], each["status"], each["reason"]) for each in status.get("conditions", ())),
        bool(body.get("spec", {}).get("paused", False)),
        len(status["members"]) if "members" in status else None,
        status.get("inSyncReplicas"),
    )
