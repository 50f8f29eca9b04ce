"""Pauses between tries."""

import pytest

from kuberedis_core.backoff import backoff_seconds


@pytest.mark.parametrize(("failures", "bound"), [(0, 0.2), (1, 0.2), (2, 0.4), (3, 0.8), (6, 6.4), (7, 10.0), (40, 10.0), (10_000, 10.0)])
def test_a_pause_is_between_half_of_its_bound_and_the_bound(failures: int, bound: float) -> None:
    for _ in range(50):
        assert bound / 2 <= backoff_seconds(failures, first=0.2, longest=10.0) <= bound


def test_pauses_of_many_differ() -> None:
    assert len({backoff_seconds(3, first=1.0, longest=60.0) for _ in range(20)}) > 1
