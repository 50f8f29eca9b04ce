"""How the several members of an instance stand at present, and what they are to become. A value only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kuberedis_operator.topology.replication import Replication


@dataclass(frozen=True, slots=True, kw_only=True)
class Formation:
    """The several members of an instance at present."""

    replication: Replication
    pods: int
    """How many of them are to have a pod: fewer than there are while an instance gets fewer members."""
    founder: str | None = None
    """The member whose data the others take over, while an instance gets more members."""
    alone: bool = False
    """The first member is all that is left of several."""
    promote: str | None = None
    """The member that the owner wants to be the primary, while that is lost."""
    waits: str = ""
    """Why no further member is taken away now, as a clause."""
    since: Mapping[str, float]
    """For how many seconds there has been no `primary`, no `quorum`, or not the `whole` of the data at every member; 0 if there is."""
