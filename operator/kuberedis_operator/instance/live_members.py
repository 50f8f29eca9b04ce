"""The live objects of an instance's members, as the topology names them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kuberedis_core.body import Body
from kuberedis_operator.resources.claim import is_owned
from kuberedis_operator.resources.kinds import CLAIM, POD
from kuberedis_operator.runtime.object_store import ObjectStore
from kuberedis_operator.topology.members import Member


@dataclass(frozen=True, slots=True)
class LiveMember:
    """A member's objects as they were last seen; None for one that does not exist."""

    pod: Body | None
    claim: Body | None
    """None also for one that is somebody else's."""


def live_members(store: ObjectStore, namespace: str, members: Iterable[Member]) -> list[LiveMember]:
    """The live objects of `members`, in their order."""
    return [
        LiveMember(
            pod=store.child(POD, namespace, member.pod_name),
            claim=_claim(store, namespace, member.claim_name) if member.claim_name is not None else None,
        )
        for member in members
    ]


def _claim(store: ObjectStore, namespace: str, name: str) -> Body | None:
    found = store.child(CLAIM, namespace, name)
    return found if found is not None and is_owned(found) else None
