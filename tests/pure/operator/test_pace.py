"""A key may be handled at once as long as that is seldom, and then with an interval."""

import pytest

from kuberedis_operator.runtime.pace import INTERVAL_SECONDS, Pace

A, B = ("ns", "a"), ("ns", "b")


class Clock:
    """A clock that a test sets."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("every_seconds", "for_seconds", "most"),
    [(0.001, 1, 20), (0.001, 60, 49), (1, 60, 49), (2, 60, 30), (60, 600, 10)],
    ids=["a burst", "a flood", "faster than the interval", "at the interval", "an edit now and then"],
)
def test_how_often_a_key_is_handled(every_seconds: float, for_seconds: float, most: int) -> None:
    clock = Clock()
    pace: Pace[tuple[str, str]] = Pace(clock)
    handled = 0
    for step in range(round(for_seconds / every_seconds)):
        clock.now = step * every_seconds
        if not pace.pause(A):
            pace.handled(A)
            handled += 1
    assert handled == most
    assert pace.pause(B) == 0


def test_a_key_waits_for_one_interval_at_most_and_is_free_again_after_a_rest() -> None:
    clock = Clock()
    pace: Pace[tuple[str, str]] = Pace(clock)
    for _ in range(20):
        assert not pace.pause(A)
        pace.handled(A)
    assert pace.pause(A) == INTERVAL_SECONDS
    clock.now = 20 * INTERVAL_SECONDS
    pace.handled(B)
    clock.now = 21 * INTERVAL_SECONDS
    assert not pace.pause(A)
