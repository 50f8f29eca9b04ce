"""Versions of Redis and Valkey as a spec writes them: `8`, `7.2.5`, `valkey-8`.

Only text: the image of a version is the operator's matter.
"""

from __future__ import annotations

import re

VALKEY = "valkey-"

_NUMBER = r"(?:0|[1-9][0-9]{0,4})"
_VERSION = re.compile(rf"(?:valkey-)?({_NUMBER}(?:\.[0-9]{{1,5}}){{0,2}})")
_OLDEST = (7, 2)
"""The first release of Valkey, and the Redis it came from: from then on ACLs have all that the sidecar needs."""
_LEADING_ZERO = re.compile(r"7\.0[0-9]")


def check_version(text: str) -> str:
    """`text` itself if it is a version that can be run.

    A version that leaves numbers out, as `7` does, stands for the newest of its kind.

    Raises:
        ValueError: It is not; the message says what to write instead.
    """
    match = _VERSION.fullmatch(text)
    if match is None or _LEADING_ZERO.match(match[1]):
        raise ValueError(f"{text!r} is not a version; write for example 8, 7.2 or valkey-8")
    numbers = tuple(int(number) for number in match[1].split("."))
    if numbers < _OLDEST[: len(numbers)]:
        raise ValueError(f"{text!r} is too old; write {VALKEY if text.startswith(VALKEY) else ''}7.2 or newer")
    return text
