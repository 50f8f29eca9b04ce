"""Which pod of three is replaced next, and why none is."""

from typing import Any

import pytest

from kuberedis_operator.instance.roll_order import RollMember, RollStep, next_step
from kuberedis_operator.status.pod_health import Problem
from kuberedis_operator.topology.replication import Replication
from tests.operator.members import NAMES, ONE, TWO, ZERO, replication, report, silent

STUCK = Problem("ImagePullFailed", "image 'x' cannot be pulled")
QUARANTINED: dict[str, Any] = {"in_sync": False, "linked": False, "eligible": False}
STARTED = replication(report(ONE, **QUARANTINED), report(TWO, **QUARANTINED))


def members(**changes: dict[str, Any]) -> list[RollMember]:
    """Three members, all outdated; changes by `m0`, `m1`, `m2`."""
    return [RollMember(**{"name": name, "outdated": True, **changes.get(f"m{number}", {})}) for number, name in enumerate(NAMES)]


DONE, GONE, STARTING = {"outdated": False}, {"exists": False}, {"outdated": False, "ready": False}
BROKEN_NEW, BROKEN_OLD = {"outdated": False, "ready": False, "stuck": STUCK}, {"ready": False, "stuck": STUCK}
NEW, ALONE = {"outdated": False, "ready": False}, {"standalone": True}

REPLACED = {
    "the replica with the highest ordinal": (members(), replication(), TWO),
    "the next replica": (members(m2=DONE), replication(), ONE),
    "the primary, last": (members(m1=DONE, m2=DONE), replication(), ZERO),
    "a replica before a primary of a higher ordinal": (members(), replication(primary=TWO), ONE),
    "the first before a primary of a higher ordinal": (members(m1=DONE), replication(primary=TWO), ZERO),
    "a primary of the highest ordinal, last": (members(m0=DONE, m1=DONE), replication(primary=TWO), TWO),
    "one that a faulty spec made, when the spec is repaired": (members(m2=BROKEN_OLD), silent(replication(), TWO), TWO),
    "one of a faulty spec, whatever the others are": (
        members(m1=BROKEN_OLD, m2=BROKEN_NEW, m0=DONE),
        silent(replication(), ONE, TWO),
        ONE,
    ),
    "one after the other, when none ever started": (
        members(m0=BROKEN_OLD, m1=BROKEN_OLD, m2=BROKEN_NEW),
        Replication(NAMES, {}),
        ONE,
    ),
    "a primary whose sidecar is broken, when others can take over": (members(m0=BROKEN_OLD), silent(replication(), ZERO), ZERO),
    "the only one, once the new ones have started": (members(m0=ALONE, m1=NEW, m2=NEW), silent(STARTED, ZERO), ZERO),
}


@pytest.mark.parametrize(("pods", "known", "replaced"), REPLACED.values(), ids=REPLACED)
def test_the_next_pod_is(pods: list[RollMember], known: Replication, replaced: str) -> None:
    assert next_step(pods, known) == RollStep(replace=replaced)


WAITING = {
    "one is being replaced": (members(m2=GONE), replication(), "my-cache-2 is being replaced"),
    "one starts": (members(m2=STARTING), replication(), "my-cache-2 is not ready"),
    "an outdated one starts": (members(m2={"ready": False}), replication(), "my-cache-2 is not ready"),
    "one is not in sync": (members(m2=DONE), replication(report(TWO, in_sync=False)), "my-cache-2 does not have all data"),
    "one does not answer": (members(), silent(replication(), ONE), "my-cache-1 does not answer"),
    "a broken one beside one that starts": (
        members(m1=STARTING, m2=BROKEN_OLD),
        silent(replication(), TWO),
        "my-cache-1 is not ready",
    ),
    "a broken primary whose replicas cannot take over": (
        members(m0=BROKEN_OLD),
        silent(replication(report(ONE, in_sync=False)), ZERO),
        "my-cache-0 is not ready",
    ),
    "a new member is not there yet": (members(m0=ALONE, m1=NEW, m2=GONE), STARTED, "my-cache-2 has not started yet"),
    "a new member does not answer yet": (members(m0=ALONE, m1=NEW, m2=NEW), silent(STARTED, ZERO, ONE), "my-cache-1 has not started yet"),
}


@pytest.mark.parametrize(("pods", "known", "waits"), WAITING.values(), ids=WAITING)
def test_a_roll_waits_while(pods: list[RollMember], known: Replication, waits: str) -> None:
    step = next_step(pods, known)
    assert step.replace is None
    assert step.waits.startswith(waits)


STOPPED = {
    "its first pod cannot become ready": (members(m2=BROKEN_NEW), silent(replication(), TWO)),
    "a new member cannot, beside one that serves alone": (members(m0=ALONE, m1=NEW, m2=BROKEN_NEW), silent(STARTED, ZERO, TWO)),
}


@pytest.mark.parametrize(("pods", "known"), STOPPED.values(), ids=STOPPED)
def test_a_roll_stops_when(pods: list[RollMember], known: Replication) -> None:
    step = next_step(pods, known)
    assert (step.replace, step.waits) == (None, "")
    assert step.stopped is not None
    assert step.stopped.reason == STUCK.reason
    assert step.stopped.message.startswith(f"{TWO}: {STUCK.message}; no other pod is restarted")


def test_nothing_is_replaced_when_all_are_up_to_date() -> None:
    done = members(m0=DONE, m1=DONE, m2=BROKEN_NEW)
    assert next_step(done, Replication(NAMES, {})) == RollStep()
