"""Times as the Kubernetes API writes them: RFC 3339, in UTC, in whole seconds."""

from __future__ import annotations

from datetime import UTC, datetime


def format_time(time: datetime) -> str:
    """For example 2025-03-01T12:00:00Z."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_time(text: str | None) -> datetime | None:
    """The time that `text` says, or None if it says none."""
    try:
        time = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return time if time.tzinfo else None
