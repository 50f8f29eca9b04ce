"""Times as the Kubernetes API writes them: RFC 3339, in UTC, in whole seconds."""

from __future__ import annotations

from datetime import UTC, datetime


def format_time(time: datetime) -> str:
    """For example 2025-03-01T12:00:00Z."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_time(text: str | None) -> datetime | None:
    """The time in `text`, in UTC; None if it is not one, has no time zone and so is not RFC 3339, or is in no year from 1 to 9999."""
    try:
        time = datetime.fromisoformat(text or "")
        return time.astimezone(UTC) if time.tzinfo else None
    except (ValueError, OverflowError):
        return None
