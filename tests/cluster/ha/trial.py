"""One try of a fault: an instance that is whole, writers, the fault, and what the writers saw of it."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from tests.cluster.ha.faults import Effect, Fault
from tests.cluster.ha.instance import HaInstance
from tests.cluster.ha.writers import Outcome, Record, Write, forget, lost

_EXAMPLES = 3


@dataclass(frozen=True)
class Trial:
    """What a fault cost. Times are seconds; clients of a member that was away itself are left out of all but the last two."""

    gap: float
    """The longest time without an acknowledged write, for the clients of any one target."""
    longest: float
    """The longest request."""
    failed: int
    """Requests that were refused."""
    unknown: int
    """Requests after which the client does not know whether its write was carried out."""
    lost: int
    """Acknowledged writes that are gone."""
    acknowledged: int
    figures: Mapping[str, float]
    """What the fault measured itself."""
    examples: tuple[str, ...]
    """Some of the answers that acknowledged nothing, and some of the writes that were lost."""

    def measured(self) -> dict[str, float]:
        """All figures by name, which ends in the unit."""
        return {
            "gap s": self.gap,
            "longest request s": self.longest,
            "failed": float(self.failed),
            "unknown": float(self.unknown),
            "lost": float(self.lost),
            "acknowledged": float(self.acknowledged),
            **self.figures,
        }


def run(instance: HaInstance, fault: Fault, *targets: str) -> Trial:
    """Try a fault once.

    Args:
        instance: of three members; waited for until it has settled.
        fault: what happens.
        targets: what writers write to, by default each member's sidecar.

    Raises:
        TimeoutError: The instance does not settle, before or after; writes do not go on.
    """
    instance.wait_until_settled()
    wanted = list(targets) or instance.names
    with instance.writers(*wanted) as record:
        began = time.monotonic()
        effect = fault(instance, record)
        instance.wait_until_settled()
        record.wait_for_acknowledgements(*wanted)
    reader = instance.target(instance.primary())
    assert reader is not None
    missing = lost(record, reader)
    forget(record, reader)
    return judged(record, effect, began, missing)


def judged(record: Record, effect: Effect, began: float, missing: Iterable[Write]) -> Trial:
    """What the writers' record says of a fault that began at this time of the monotonic clock."""
    counted = [write for write in record.writes if write.ended >= began and write.target not in effect.gone]
    gone = list(missing)
    bad = [write for write in counted if write.outcome is not Outcome.ACKNOWLEDGED]
    return Trial(
        gap=max((_gap(record, target, began) for target in {write.target for write in counted}), default=0.0),
        longest=max((write.ended - write.began for write in counted), default=0.0),
        failed=sum(write.outcome in (Outcome.FAILED, Outcome.UNREACHABLE) for write in counted),
        unknown=sum(write.outcome is Outcome.UNKNOWN for write in counted),
        lost=len(gone),
        acknowledged=len(record.acknowledged()),
        figures=effect.figures,
        examples=tuple(_shown(write, began) for write in [*bad[:_EXAMPLES], *gone[:_EXAMPLES]]),
    )


def _gap(record: Record, target: str, began: float) -> float:
    ends = sorted(write.ended for write in record.acknowledged() if write.target == target)
    return max((later - earlier for earlier, later in pairwise(ends) if later >= began), default=0.0)


def _shown(write: Write, began: float) -> str:
    return f"{write.target} {write.began - began:+.2f} s to {write.ended - began:+.2f} s: {write.outcome.value} {write.text}"
