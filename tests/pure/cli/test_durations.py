"""Durations, read."""

import pytest

from kuberedis_cli.durations import parse_seconds
from kuberedis_cli.errors import UsageError


@pytest.mark.parametrize(("text", "seconds"), [("0", 0), ("90", 90), ("90s", 90), ("15m", 900), ("1h", 3600), ("7d", 604800)])
def test_a_duration_is_read(text: str, seconds: int) -> None:
    assert parse_seconds(text, "--ttl") == seconds


@pytest.mark.parametrize("text", ["", "soon", "-1", "1.5h", "1 h", "h", "1w", "1h30m", "１h", "1" * 10])
def test_anything_else_is_refused_by_its_option(text: str) -> None:
    with pytest.raises(UsageError, match=r"^--ttl .* is not a duration; write seconds, or for example 15m, 1h or 7d$"):
        parse_seconds(text, "--ttl")
