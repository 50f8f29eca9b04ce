"""Durations, read and written."""

from datetime import UTC, datetime, timedelta

import pytest

from kuberedis_cli.durations import age, brief, parse_seconds

NOW = datetime(2026, 1, 1, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(("text", "seconds"), [("0", 0), ("90", 90), ("90s", 90), ("15m", 900), ("1h", 3600), ("7d", 604800)])
def test_a_duration_is_read(text: str, seconds: int) -> None:
    assert parse_seconds(text, "--ttl") == seconds


@pytest.mark.parametrize("text", ["", "soon", "-1", "1.5h", "1 h", "h", "1w", "1h30m", "１h", "1" * 10])
def test_anything_else_is_refused_by_its_option(text: str) -> None:
    with pytest.raises(ValueError, match=r"^--ttl .* is not a duration; write seconds, or for example 15m, 1h or 7d$"):
        parse_seconds(text, "--ttl")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-5, "0s"), (0, "0s"), (59.9, "59s"), (60, "1m"), (3599, "59m"), (3600, "1h"), (86399, "23h"), (86400, "1d"), (9e7, "1041d")],
)
def test_a_duration_is_written_in_its_largest_whole_unit(seconds: float, text: str) -> None:
    assert brief(seconds) == text


def test_the_age_of_what_is_not_known_is_a_dash() -> None:
    assert age(None, NOW) == "-"
    assert age(NOW - timedelta(minutes=5), NOW) == "5m"
