"""Whatever else waits or is added, every key has its turn; and no namespace holds all workers."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kuberedis_operator.runtime.fair_order import FairOrder, Priority

Key = tuple[str, str]
EDIT, EVENT, BACKGROUND = Priority


def keys(namespace: str, number: int) -> list[Key]:
    return [(namespace, str(serial)) for serial in range(number)]


def handle_next(order: FairOrder[Key]) -> str:
    """Handle one key; `namespace/name`."""
    key = order.take()
    assert key is not None
    order.done(key)
    return "/".join(key)


@pytest.mark.parametrize(
    ("added", "handled"),
    [
        ([], ""),
        ([("a", EVENT), ("b", EVENT), ("a", EVENT)], "a/0 b/1 a/2"),
        ([("a", EVENT), ("a", EVENT), ("a", EVENT), ("b", EVENT), ("c", EVENT)], "a/0 b/3 c/4 a/1 a/2"),
        ([("a", BACKGROUND), ("a", EVENT), ("a", EDIT)], "a/2 a/1 a/0"),
        ([("a", EDIT), ("a", EDIT), ("a", EDIT), ("a", EDIT), ("b", EVENT)], "a/0 a/1 b/4 a/2 a/3"),
        ([("a", EVENT), ("a", EVENT), ("b", EDIT)], "b/2 a/0 a/1"),
    ],
    ids=["nothing", "first come", "namespaces take turns", "priorities", "events have a turn among edits", "an edit goes first"],
)
def test_order(added: list[tuple[str, Priority]], handled: str) -> None:
    order: FairOrder[Key] = FairOrder(1)
    for number, (namespace, priority) in enumerate(added):
        order.add((namespace, str(number)), priority)
    assert [handle_next(order) for _ in range(len(order))] == handled.split()
    assert order.take() is None


def test_a_key_that_waits_is_taken_once_and_moves_only_to_a_more_urgent_lane() -> None:
    order: FairOrder[Key] = FairOrder(1)
    for priority in (EVENT, BACKGROUND, EDIT, EVENT):
        order.add(("a", "0"), priority)
    order.add(("a", "1"), EVENT)
    order.add(("a", "2"), EDIT)
    assert len(order) == 3
    assert [handle_next(order) for _ in range(3)] == ["a/0", "a/2", "a/1"]


@pytest.mark.parametrize(
    ("workers", "namespaces", "in_progress"),
    [(1, 1, {"0": 1}), (4, 1, {"0": 3}), (16, 1, {"0": 12}), (16, 2, {"0": 7, "1": 6}), (16, 16, dict.fromkeys(map(str, range(16)), 1))],
)
def test_namespaces_whose_keys_take_forever_leave_workers_to_others(workers: int, namespaces: int, in_progress: dict[str, int]) -> None:
    order: FairOrder[Key] = FairOrder(workers)
    for namespace in range(namespaces):
        for key in keys(str(namespace), 100):
            order.add(key, EDIT)
    taken = Counter(key[0] for key in iter(order.take, None))
    assert taken == in_progress


@settings(max_examples=100)
@given(
    priority=st.sampled_from(Priority),
    flooding=st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(Priority)), min_size=1, max_size=30),
)
def test_nothing_starves(priority: Priority, flooding: list[tuple[str, Priority]]) -> None:
    """Keys that are added again as soon as they are taken, each with its priority, do not keep a new one from its turn."""
    order: FairOrder[Key] = FairOrder(4)
    priorities = {(namespace, str(number)): each for number, (namespace, each) in enumerate(flooding)}
    for key, each in priorities.items():
        order.add(key, each)
    for _ in range(50):
        handle_and_add_again(order, priorities)
    new = ("new", "0")
    priorities[new] = priority
    order.add(new, priority)
    takes = 1
    while handle_and_add_again(order, priorities) != new:
        takes += 1
    # At most three other namespaces have their turns before it, each after its lane's patience and one turn of each lane.
    assert takes <= 4 * {EDIT: 2, EVENT: 4, BACKGROUND: 10}[priority]


def handle_and_add_again(order: FairOrder[Key], priorities: dict[Key, Priority]) -> Key:
    key = order.take()
    assert key is not None
    order.done(key)
    order.add(key, priorities[key])
    return key
