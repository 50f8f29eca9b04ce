"""Durations, as people write them."""

import re

from kuberedis_cli.errors import UsageError

_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"([0-9]{1,9})([smhd]?)")


def parse_seconds(text: str, option: str) -> int:
    """Seconds of a duration such as `90`, `90s`, `15m`, `1h` or `7d`.

    Args:
        text: The duration.
        option: Option that it was given with, for the message.

    Raises:
        UsageError: It is not a duration; the text says what to write instead.
    """
    match = _DURATION.fullmatch(text)
    if match is None:
        raise UsageError(f"{option} {text!r} is not a duration; write seconds, or for example 15m, 1h or 7d")
    return int(match[1]) * _SECONDS[match[2]]
