"""The reply of Redis' INFO (https://redis.io/docs/latest/commands/info/)."""

from __future__ import annotations


def parse_info(text: str) -> dict[str, str]:
    """The fields of a reply of INFO, by name."""
    return dict(line.split(":", 1) for line in text.splitlines() if ":" in line and not line.startswith("#"))
