"""How long a grant may not run scripts after one of them was stopped."""

import pytest

from kuberedis_core.acl_rule import Scope
from kuberedis_sidecar.auth.acl import FULL, Grant
from kuberedis_sidecar.redis.script_suspensions import Suspensions

READ = Grant(Scope.READ)


@pytest.mark.parametrize(
    ("grant", "times", "expected"),
    [
        (READ, [(0, False)], [10]),
        (READ, [(0, False), (11, False), (40, False)], [10, 20, 40]),
        (READ, [(100 * number, False) for number in range(8)], [10, 20, 40, 80, 160, 320, 600, 600]),
        (READ, [(0, False), (609, False), (1228, False), (1900, False)], [10, 20, 40, 10]),
        (READ, [(0, True), (601, False)], [600, 600]),
        (READ, [(0, True), (1201, False)], [600, 10]),
        (FULL, [(0, False), (11, False), (22, True)], [10, 10, 10]),
    ],
)
def test_suspension_grows_until_a_grant_behaves(grant: Grant, times: list[tuple[float, bool]], expected: list[float]) -> None:
    suspensions = Suspensions()
    assert [suspensions.suspend(grant, now, restarted=restarted) for now, restarted in times] == expected


def test_grant_is_suspended_for_that_time_and_no_other_grant() -> None:
    suspensions = Suspensions()
    suspensions.suspend(READ, 100, restarted=False)
    assert [suspensions.left(READ, now) for now in (100, 105, 110, 120)] == [10, 5, 0, 0]
    assert suspensions.left(Grant(Scope.WRITE), 100) == 0
