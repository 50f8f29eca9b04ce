"""What an instance consists of while it gets more members, or fewer."""

from typing import Any

import pytest

from kuberedis_core.body import Body
from kuberedis_core.members import MemberAddress, Members
from kuberedis_operator.instance.scaling import Scale, is_replicated, scale_of
from kuberedis_operator.topology.replication import Replication
from tests.operator.members import NAMES, ONE, TWO, ZERO, replication, report, silent
from tests.operator.rendering import instance, rendered

NOBODY = Replication(NAMES, {})
SYNCING = replication(report(ONE, in_sync=False))


def pod(*containers: str) -> Body:
    return {"metadata": {}, "spec": {"containers": [{"name": name} for name in containers]}}


ALONE, MEMBER = pod("redis", "sidecar"), pod("redis", "sentinel", "sidecar")


ENDING = {**MEMBER, "metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}}


def stateful_set(template: Body, replicas: int) -> Body:
    return {"spec": {"replicas": replicas, "template": template}}


ONE_MEMBER, THREE, TWO_OF_THREE, ONE_OF_THREE = (
    stateful_set(ALONE, 1),
    stateful_set(MEMBER, 3),
    stateful_set(MEMBER, 2),
    stateful_set(MEMBER, 1),
)


def three(pods: int, waits: str = "", founder: str | None = None) -> Scale:
    return Scale(members=3, pods=pods, waits=waits, founder=founder)


def told(*names: str, founder: str | None = None) -> Members:
    return Members(tuple(MemberAddress(name=name, host="10.96.0.1", redis_port=6379, sentinel_port=26379) for name in names), founder)


NOTHING, ALL, FOUNDED, ALONE_BY_NOW = told(), told(*NAMES), told(*NAMES, founder=ZERO), told(ZERO)
FIRST_ALONE = Scale(members=3, pods=1, alone=True)


MORE = {
    "a new instance": (None, [None] * 3, NOBODY, NOTHING, three(3)),
    "in order": (THREE, [MEMBER] * 3, replication(), ALL, three(3)),
    "one of one member": (ONE_MEMBER, [ALONE, None, None], NOBODY, NOTHING, three(3, founder=ZERO)),
    "one whose pod is missing": (ONE_MEMBER, [None] * 3, NOBODY, NOTHING, three(3, founder=ZERO)),
    "new members start": (THREE, [ALONE, MEMBER, MEMBER], NOBODY, FOUNDED, three(3, founder=ZERO)),
    "the first is being replaced": (THREE, [None, MEMBER, MEMBER], silent(replication(), ZERO), FOUNDED, three(3, founder=ZERO)),
    "the others take its data over": (THREE, [MEMBER] * 3, SYNCING, FOUNDED, three(3, founder=ZERO)),
    "they have them": (THREE, [MEMBER] * 3, replication(), FOUNDED, three(3)),
    "out of order later": (THREE, [MEMBER] * 3, SYNCING, ALL, three(3)),
    "changed its mind": (ONE_OF_THREE, [MEMBER, None, None], silent(replication(), ONE, TWO), ALL, three(3)),
    "one that is left of several": (
        ONE_OF_THREE,
        [MEMBER, None, None],
        silent(replication(), ONE, TWO),
        ALONE_BY_NOW,
        three(3, founder=ZERO),
    ),
}


@pytest.mark.parametrize(("live", "pods", "known", "heard", "expected"), MORE.values(), ids=MORE)
def test_three_members_are_wanted(live: Body | None, pods: list[Any], known: Replication, heard: Members, expected: Scale) -> None:
    assert scale_of(3, live, pods, known, heard) == expected


FEWER = {
    "a new instance": (None, [None] * 3, NOBODY, NOTHING, Scale(members=1, pods=1)),
    "in order": (ONE_MEMBER, [ALONE, None, None], NOBODY, NOTHING, Scale(members=1, pods=1)),
    "the first is the primary": (THREE, [MEMBER] * 3, SYNCING, ALL, three(1)),
    "another is the primary": (THREE, [MEMBER] * 3, replication(primary=ONE), ALL, three(2)),
    "the last is the primary": (THREE, [MEMBER] * 3, replication(primary=TWO), ALL, three(2)),
    "the last ends": (TWO_OF_THREE, [MEMBER, MEMBER, ENDING], replication(primary=TWO), ALL, three(2, "my-cache-2 has not ended yet")),
    "the last has ended": (TWO_OF_THREE, [MEMBER, MEMBER, None], silent(replication(primary=ONE), TWO), ALL, three(1)),
    "the others are not told to end yet": (
        ONE_OF_THREE,
        [MEMBER, MEMBER, None],
        replication(),
        ALL,
        three(1, "my-cache-1 does not end yet"),
    ),
    "the other hands over": (
        ONE_OF_THREE,
        [MEMBER, ENDING, None],
        replication(primary=ONE),
        ALL,
        three(1, "my-cache-0 is not the primary yet"),
    ),
    "the others end": (ONE_OF_THREE, [MEMBER, ENDING, ENDING], replication(), ALL, FIRST_ALONE),
    "the first is alone, and the primary": (ONE_OF_THREE, [MEMBER, None, None], silent(replication(), ONE, TWO), ALL, FIRST_ALONE),
    "the first is alone, and knows it": (ONE_OF_THREE, [MEMBER, None, None], NOBODY, ALONE_BY_NOW, FIRST_ALONE),
    "the first is alone, and was not promoted": (
        ONE_OF_THREE,
        [MEMBER, None, None],
        silent(replication(primary=ONE), ONE, TWO),
        ALL,
        three(2),
    ),
    "the first is alone, and down": (ONE_OF_THREE, [MEMBER, None, None], NOBODY, ALL, three(1, "my-cache-0 does not answer the operator")),
    "its StatefulSet is being replaced": (None, [MEMBER] * 3, replication(primary=ONE), ALL, three(3)),
    "before the others had the data": (THREE, [ALONE, MEMBER, MEMBER], NOBODY, FOUNDED, Scale(members=1, pods=1)),
    "while the first gets its new form": (THREE, [None, MEMBER, MEMBER], NOBODY, FOUNDED, Scale(members=1, pods=1)),
    "while the others take the data over": (THREE, [MEMBER] * 3, SYNCING, FOUNDED, three(1, founder=ZERO)),
    "when they have just taken them over": (THREE, [MEMBER] * 3, replication(), FOUNDED, three(1)),
    "after the first has become a member": (
        THREE,
        [MEMBER] * 3,
        silent(replication(), ZERO),
        FOUNDED,
        three(3, "my-cache-0 does not answer the operator", founder=ZERO),
    ),
}


@pytest.mark.parametrize(("live", "pods", "known", "heard", "expected"), FEWER.values(), ids=FEWER)
def test_one_member_is_wanted(live: Body | None, pods: list[Any], known: Replication, heard: Members, expected: Scale) -> None:
    assert scale_of(1, live, pods, known, heard) == expected


def test_nobody_is_taken_away_while_the_data_are_elsewhere_and_the_first_is_not_in_sync() -> None:
    syncing = replication(report(ZERO, primary=ONE, in_sync=False), primary=ONE)
    found = scale_of(1, THREE, [MEMBER] * 3, syncing, ALL)
    assert (found.pods, found.waits) == (3, "my-cache-0 does not have all data of my-cache-1 yet")


def test_the_form_of_an_instance_is_that_of_its_pods() -> None:
    assert not is_replicated(None)
    assert not is_replicated(rendered(instance())["StatefulSet/my-cache"])
