"""Two writers that revert each other do not keep the API server busy."""

from kuberedis_core.crd.names import NamespacedName
from kuberedis_operator.runtime.throttle import Throttle

KEY = NamespacedName("ns", "cache")


class Clock:
    """A clock that a test sets."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_child_that_is_changed_repeatedly_is_restored_less_often() -> None:
    clock = Clock()
    throttle = Throttle(clock)
    for _ in range(30):
        assert throttle.pause(KEY) == 0
        throttle.wrote(KEY)
        clock.now += 1
    assert throttle.pause(KEY) > 0
    assert throttle.pause(NamespacedName("ns", "other")) == 0


def test_the_pause_ends_with_the_conflict() -> None:
    clock = Clock()
    throttle = Throttle(clock)
    for _ in range(30):
        throttle.wrote(KEY)
    assert throttle.pause(KEY) > 0
    clock.now += 61
    assert throttle.pause(KEY) == 0


def test_an_instance_that_is_gone_is_forgotten() -> None:
    throttle = Throttle(Clock())
    for _ in range(30):
        throttle.wrote(KEY)
    throttle.forget(KEY)
    assert throttle.pause(KEY) == 0
