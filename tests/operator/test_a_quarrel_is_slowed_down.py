"""Two that undo each other's writes do not keep the API server busy."""

from kuberedis_core.crd.names import NamespacedName
from kuberedis_operator.runtime.throttle import Throttle

KEY = NamespacedName("ns", "cache")


class Clock:
    """Seconds that stand still until they are moved."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_child_that_is_changed_again_and_again_is_put_back_less_often() -> None:
    clock = Clock()
    pace = Throttle(clock)
    for _ in range(30):
        assert pace.pause(KEY) == 0
        pace.wrote(KEY)
        clock.now += 1
    assert pace.pause(KEY) > 0
    assert pace.pause(NamespacedName("ns", "other")) == 0


def test_the_pause_ends_with_the_quarrel() -> None:
    clock = Clock()
    pace = Throttle(clock)
    for _ in range(30):
        pace.wrote(KEY)
    assert pace.pause(KEY) > 0
    clock.now += 61
    assert pace.pause(KEY) == 0


def test_an_instance_that_is_gone_is_forgotten() -> None:
    pace = Throttle(Clock())
    for _ in range(30):
        pace.wrote(KEY)
    pace.forget(KEY)
    assert pace.pause(KEY) == 0
