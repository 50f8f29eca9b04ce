"""Times of the Kubernetes API, read and written."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from kuberedis_core.timestamps import format_time, parse_time

NOON = datetime(2026, 1, 1, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-01-01T12:00:00Z", NOON),
        ("2026-01-01T13:00:00+01:00", NOON),
        ("2026-01-01T12:00:00.250000Z", NOON + timedelta(milliseconds=250)),
        ("2026-01-01T12:00:00", None),  # without a zone it is no RFC 3339
        ("noon", None),
        ("", None),
        (None, None),
    ],
)
def test_a_time_is_read(text: str | None, time: datetime | None) -> None:
    assert parse_time(text) == time


@pytest.mark.parametrize(
    ("time", "text"),
    [
        (NOON, "2026-01-01T12:00:00Z"),
        (NOON.astimezone(timezone(timedelta(hours=-5))), "2026-01-01T12:00:00Z"),
        (NOON + timedelta(milliseconds=999), "2026-01-01T12:00:00Z"),
    ],
)
def test_a_time_is_written_in_utc_and_whole_seconds(time: datetime, text: str) -> None:
    assert format_time(time) == text


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_time_that_utc_cannot_express_is_none(text: str) -> None:
    assert parse_time(text) is None
