"""What one reconcile did to the children of an instance, and what kept it from doing more. Values only."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto

from kuberedis_core.api_kind import Kind
from kuberedis_operator.resources.password_secret import RedisPassword
from kuberedis_operator.resources.secret import InstanceKeys
from kuberedis_operator.status.pod_health import Problem
from kuberedis_operator.status.tls_status import TlsState
from kuberedis_operator.status.volume_health import VolumeProgress
from kuberedis_operator.topology.replication import Takeover


class Outcome(Enum):
    """What was done to a child."""

    UNCHANGED = auto()
    CREATED = auto()
    UPDATED = auto()
    """The instance or the operator wants something else than before."""
    RESTORED = auto()
    """Another writer had changed it."""


@dataclass(frozen=True, slots=True)
class SecretState:
    """Result of writing a Secret."""

    keys: InstanceKeys
    outcome: Outcome
    ignored_request: str = ""
    """A requested rotation of a key that its owner supplied and has to rotate."""
    lost: bool = False
    """There was another key before, which is gone."""


@dataclass(frozen=True, slots=True)
class VolumeState:
    """Result of adjusting the volumes."""

    progress: VolumeProgress = VolumeProgress.NONE
    """That of the volume that is furthest behind."""
    wanted: str = ""
    """The size that each volume shall have, a quantity."""
    obstacle: str = ""
    """Why a volume does not grow."""
    replacing: bool = False
    """The StatefulSet was deleted without its pods; a new one follows when it is gone."""


@dataclass(frozen=True, slots=True)
class RouteDecision:
    """Whether an instance has the route that it wants."""

    conflict: Problem | None = None
    """Why it does not have it."""
    hidden: Problem | None = None
    """Where requests do not arrive, although it has it."""
    until: datetime | None = None
    """When to decide again, if no event comes first."""


@dataclass(slots=True)
class ReconcileResult:
    """Filled while the children are written."""

    outcomes: dict[tuple[Kind, str], Outcome] = field(default_factory=dict)
    """Outcomes by kind and name of the child."""
    taken: list[str] = field(default_factory=list)
    """Children whose names belong to objects of another owner, such as `Service my-cache-http`."""
    refusals: list[Problem] = field(default_factory=list)
    route: RouteDecision = field(default_factory=RouteDecision)
    route_obstacle: str = ""
    """Why there is no route, although one is wanted."""
    going_away: bool = False
    """An object has to go first; its deletion is an event."""
    restarting: bool = False
    """A pod has to be replaced."""
    restart_cause: str = ""
    """Why."""
    pulling: bool = False
    """An image is being pulled before a pod is replaced for it."""
    restarted: str = ""
    """The pod that was deleted for that, for people; empty if none was."""
    change: Problem | None = None
    """A change of several members that is under way, and what it waits for."""
    stopped: Problem | None = None
    """Why such a change does not go on."""
    takeover: Takeover | None = None
    """How the primary of several members became it; None if that is not known."""
    volume_lost: bool = False
    """A claim was made in place of one that the instance had."""
    secret: SecretState | None = None
    passwords: dict[str, RedisPassword] = field(default_factory=dict)
    """Passwords of the servers, by name of the Secret; only of those that are the instance's own."""
    tls: TlsState | None = None
    """The certificates of several members; None for one on its own."""
    volume: VolumeState = field(default_factory=VolumeState)

    def names(self, outcome: Outcome) -> str:
        """The children with that outcome, for people."""
        return ", ".join(f"{kind.kind} {name}" for (kind, name), each in self.outcomes.items() if each is outcome)

    def wrote(self, *kinds: Kind) -> bool:
        """Whether a child of one of these kinds was written; without arguments, of any kind."""
        return any(each is not Outcome.UNCHANGED and (not kinds or kind in kinds) for (kind, _), each in self.outcomes.items())
