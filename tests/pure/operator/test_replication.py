"""Who is the primary, and whether one member can be spared, by what all members report."""

from dataclasses import replace

import pytest

from kuberedis_operator.topology.replication import Replication
from tests.operator.members import NAMES, ONE, TWO, ZERO, replication, report, silent, without_view

NOBODY = Replication(NAMES, {})

PRIMARIES = {
    "all agree": (replication(), ZERO),
    "nobody answers": (NOBODY, None),
    "only the primary answers": (silent(replication(), ONE, TWO), ZERO),
    "only replicas answer": (silent(replication(), ZERO), None),
    "an old primary that returned": (replication(report(ZERO, primary=ONE, role="primary"), primary=ONE), ONE),
    "an old primary beside a Redis that was just promoted": (replication(report(ONE, role="primary")), ZERO),
    "an old primary answers and the Sentinels name one that does not": (
        silent(replication(report(ZERO, primary=ONE, role="primary"), primary=ONE), ONE),
        None,
    ),
    "a primary that no Sentinel has heard of": (replication(report(TWO, role="primary"), report(ZERO, role="unknown")), None),
}


@pytest.mark.parametrize(("known", "primary"), PRIMARIES.values(), ids=PRIMARIES)
def test_the_primary_is_one_that_says_so_and_is_not_contradicted(known: Replication, primary: str | None) -> None:
    assert known.primary == primary


ORDER = {
    "the first is the primary": replication(),
    "the last is the primary": replication(primary=TWO),
}


@pytest.mark.parametrize("known", ORDER.values(), ids=ORDER)
def test_one_member_can_be_spared_when_all_are_in_order(known: Replication) -> None:
    assert known.obstacle() == ""
    assert known.in_sync == NAMES


OBSTACLES = {
    "no report": (silent(replication(), TWO), "my-cache-2 does not answer"),
    "a switchover": (replication(report(ZERO, switching_over=True)), "my-cache-0 hands the role"),
    "a Sentinel that is down": (
        replication(replace(report(ONE), sentinel=replace(report(ONE).sentinel, up=False))),
        "the Sentinel of my-cache-1 does not answer",
    ),
    "no primary": (replication(report(ZERO, role="replica")), "there is no primary"),
    "a Sentinel that is behind": (replication(report(TWO, primary=ONE)), "the Sentinel of my-cache-2 does not know yet"),
    "no link": (replication(report(ONE, linked=False)), "my-cache-1 has no connection to my-cache-0"),
    "not in sync": (replication(report(ONE, in_sync=False)), "my-cache-1 does not have all data"),
    "not eligible in the eyes of one Sentinel": (
        replication(without_view(report(TWO), ONE, eligible=False, down=False)),
        "the Sentinel of my-cache-2 does not take my-cache-1",
    ),
    "down in the eyes of one Sentinel": (
        replication(without_view(report(ZERO), TWO, eligible=True, down=True)),
        "the Sentinel of my-cache-0 does not take my-cache-2",
    ),
    "not known to one Sentinel": (replication(without_view(report(ONE), TWO)), "the Sentinel of my-cache-1 does not take my-cache-2"),
}


@pytest.mark.parametrize(("known", "obstacle"), OBSTACLES.values(), ids=OBSTACLES)
def test_what_keeps_a_member_from_being_spared_is_said(known: Replication, obstacle: str) -> None:
    assert known.obstacle().startswith(obstacle)
