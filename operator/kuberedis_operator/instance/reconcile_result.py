"""What one reconcile did to the children of an instance, and what kept it from doing more."""

from __future__ import annotations

from dataclasses import dataclass, field

from kuberedis_operator.instance.applier import Outcome
from kuberedis_operator.instance.secret_keeper import SecretState
from kuberedis_operator.instance.volume_keeper import VolumeState
from kuberedis_operator.resources.kinds import Kind
from kuberedis_operator.status.pod_health import Problem


@dataclass
class Report:
    """Filled while the children are brought about."""

    outcomes: dict[tuple[Kind, str], Outcome] = field(default_factory=dict)
    taken: list[str] = field(default_factory=list)
    """Children whose names belong to somebody else."""
    refusals: list[Problem] = field(default_factory=list)
    route_obstacle: str = ""
    """Why there is no route, although one is wanted."""
    going_away: bool = False
    """Something has to go first, and its end is an event."""
    restarting: bool = False
    restarted: bool = False
    secret: SecretState | None = None
    volume: VolumeState = field(default_factory=VolumeState)

    def names(self, outcome: Outcome) -> str:
        """The children of that outcome, for people."""
        return ", ".join(f"{resource.kind} {name}" for (resource, name), each in self.outcomes.items() if each is outcome)

    def touched(self, *resources: Kind) -> bool:
        """Whether a child of one of these kinds was written."""
        return any(resource in resources and each is not Outcome.UNCHANGED for (resource, _), each in self.outcomes.items())
