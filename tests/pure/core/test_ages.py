"""Durations and ages, written."""

from datetime import UTC, datetime, timedelta

import pytest

from kuberedis_core.ages import age, brief

NOW = datetime(2026, 1, 1, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-5, "0s"), (0, "0s"), (59.9, "59s"), (60, "1m"), (3599, "59m"), (3600, "1h"), (86399, "23h"), (86400, "1d"), (9e7, "1041d")],
)
def test_a_duration_is_written_in_its_largest_whole_unit(seconds: float, text: str) -> None:
    assert brief(seconds) == text


def test_the_age_of_what_is_not_known_is_a_dash() -> None:
    assert age(None, NOW) == "-"
    assert age(NOW - timedelta(minutes=5), NOW) == "5m"
