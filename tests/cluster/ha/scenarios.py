"""Every fault that is tried, and how it has to end. Tests try each once, `python -m bench.ha` several times."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.cluster.ha import faults, planned
from tests.cluster.ha.faults import Fault
from tests.cluster.ha.instance import INGRESS
from tests.cluster.ha.trial import Trial

DETECT_AFTER_SECONDS = 2
"""`spec.failover.detectAfterSeconds` of the instances under test, which is the default."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How a fault has to end at the latest; None where nothing is promised. No acknowledged write may ever be lost."""

    gap: float | None = None
    longest: float | None = None
    failed: int | None = None
    unknown: int | None = None
    figures: Mapping[str, float] = field(default_factory=dict)
    """The most that each of the fault's own figures may be."""

    def missed(self, trial: Trial, *, patience: float = 1.0) -> list[str]:
        """What is worse than it has to be, in words; empty if nothing is.

        Args:
            trial: what happened.
            patience: how many times longer than the limit anything may take; for a machine that does other things meanwhile.
        """
        measured = trial.measured()
        allowed = {what: most * patience if what.endswith(" s") else most for what, most in self.wanted().items()}
        return [f"{what} {measured[what]:.2f}, wanted at most {most:g}" for what, most in allowed.items() if measured[what] > most]

    def wanted(self) -> dict[str, float]:
        """The most that each figure may be, by its name."""
        own = {"gap s": self.gap, "longest request s": self.longest, "failed": self.failed, "unknown": self.unknown, "lost": 0}
        return {**{what: most for what, most in own.items() if most is not None}, **self.figures}


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A fault and how it has to end."""

    name: str
    what: str
    fault: Fault
    limits: Limits
    targets: tuple[str, ...] = ()
    """What writers write to, by default each member's sidecar."""
    brief: bool = True
    """Short, and unlike the others, so that it belongs to each run of the tests."""


_KILLED = Limits(gap=1.0, failed=0)
_PLANNED = Limits(gap=0.5, longest=1.5, failed=0, unknown=0)
_INGRESS = (INGRESS,)
_DEMOTED = {"demoted s": 0.5}

UNPLANNED = (
    Scenario(name="redis-killed", what="`kill -9` of the primary's Redis", fault=faults.kill_primary, limits=_KILLED),
    Scenario(name="replica-killed", what="`kill -9` of a replica's Redis", fault=faults.kill_replica, limits=_KILLED, brief=False),
    Scenario(name="sentinel-killed", what="`kill -9` of the primary's Sentinel", fault=faults.kill_sentinel, limits=_PLANNED, brief=False),
    Scenario(name="sidecar-killed", what="`kill -9` of the primary's sidecar", fault=faults.kill_sidecar, limits=_PLANNED, brief=False),
    Scenario(
        name="redis-stopped",
        what="SIGSTOP of the primary's Redis for 8 s",
        fault=faults.stop_primary,
        limits=Limits(gap=5.0, figures=_DEMOTED),
    ),
    Scenario(
        name="redis-hangs",
        what="SIGSTOP of the primary's Redis for 1.2 s",
        fault=faults.hang_primary,
        limits=Limits(gap=1.7, failed=0, unknown=0, figures={"failovers": 0}),
        brief=False,
    ),
    Scenario(name="node-lost", what="the primary's node loses power", fault=faults.lose_node, limits=Limits(gap=5.0)),
    Scenario(
        name="node-of-replica-lost",
        what="a replica's node loses power",
        fault=faults.lose_node_of_replica,
        limits=Limits(gap=1.0, failed=0),
        brief=False,
    ),
    Scenario(
        name="node-cut-off",
        what="the primary's node is cut off for 12 s",
        fault=faults.cut_off_node,
        limits=Limits(gap=5.0, figures=_DEMOTED),
    ),
    Scenario(name="pod-deleted", what="`kubectl delete pod` of the primary", fault=faults.delete_pod, limits=_PLANNED, targets=_INGRESS),
    Scenario(name="node-drained", what="`kubectl drain` of the primary's node", fault=faults.drain_node, limits=_PLANNED, targets=_INGRESS),
    Scenario(
        name="all-nodes-drained",
        what="`kubectl drain` of all nodes in turn",
        fault=faults.drain_all_nodes,
        limits=_PLANNED,
        targets=_INGRESS,
        brief=False,
    ),
    Scenario(
        name="all-pods-deleted",
        what="`kubectl delete pod` of all members at once",
        fault=faults.delete_all_pods,
        limits=Limits(figures={"after the last Redis s": 5.0}),
    ),
    Scenario(
        name="volume-emptied",
        what="the primary's volume is emptied, its Redis killed",
        fault=faults.empty_primary,
        limits=_KILLED,
        brief=False,
    ),
    Scenario(
        name="all-killed-and-volume-emptied",
        what="every Redis and Sentinel is killed, and the primary's volume is empty",
        fault=faults.empty_primary_and_kill_all,
        limits=Limits(figures={"after the last Redis s": 5.0}),
        brief=False,
    ),
    Scenario(
        name="redis-killed-without-dns",
        what="`kill -9` of the primary's Redis while no name resolves",
        fault=faults.blackhole_dns_and_kill_primary,
        limits=_KILLED,
        brief=False,
    ),
)
"""What has to go well without an operator."""

_UNDISTURBED = Limits(failed=0, unknown=0, longest=1.5, gap=0.5, figures={planned.RESTARTS: 0, planned.FULL_SYNCS: 0})

PLANNED = (
    Scenario(name="restarted", what="`kuberedis restart`", fault=planned.restart, limits=_PLANNED, targets=_INGRESS),
    Scenario(
        name="start-only-setting",
        what="another setting that Redis reads at its start",
        fault=planned.change_start_only_setting,
        limits=_PLANNED,
        targets=_INGRESS,
        brief=False,
    ),
    Scenario(
        name="live-setting",
        what="another setting that Redis takes while it runs",
        fault=planned.change_live_setting,
        limits=_UNDISTURBED,
        targets=_INGRESS,
        brief=False,
    ),
    Scenario(
        name="version",
        what="another version of Redis",
        fault=planned.change_version,
        limits=_PLANNED,
        targets=_INGRESS,
        brief=False,
    ),
    Scenario(
        name="operator-upgraded",
        what="another pod of the operator",
        fault=planned.upgrade_operator,
        limits=_UNDISTURBED,
        targets=_INGRESS,
        brief=False,
    ),
    Scenario(name="passwords-rotated", what="all passwords rotated", fault=planned.rotate_passwords, limits=_UNDISTURBED, targets=_INGRESS),
    Scenario(
        name="certificates-renewed",
        what="all certificates renewed",
        fault=planned.renew_certificates,
        limits=_UNDISTURBED,
        targets=_INGRESS,
        brief=False,
    ),
    Scenario(name="authority-rotated", what="the authority rotated", fault=planned.rotate_authority, limits=_UNDISTURBED, targets=_INGRESS),
    Scenario(
        name="scaled",
        what="from three members to one and back",
        fault=planned.scale_down_and_up,
        limits=Limits(failed=0, unknown=0),
        targets=_INGRESS,
        brief=False,
    ),
)
"""What an operator does, without any request that fails."""
