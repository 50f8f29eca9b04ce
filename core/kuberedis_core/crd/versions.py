"""Versions of Redis and Valkey as a spec writes them: `8`, `7.2.5`, `valkey-8`.

Nothing here but text: which image a version comes from is in `images.py`.
"""

from __future__ import annotations

import re

VALKEY = "valkey-"

_LEAST = (7, 2)
"""The first release of Valkey, and the Redis it came from: what the sidecar needs of ACLs is there from then on."""
_VERSION = re.compile(r"(?:valkey-)?([0-9]{1,5}(?:\.[0-9]{1,5}){0,2})")


def check_version(text: str) -> str:
    """`text` itself if it is a version that can be run.

    A version that leaves numbers out, as `7` does, stands for the newest of its kind.

    Raises ValueError, with what to write instead, when it is none.
    """
    match = _VERSION.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a version; write for example 8, 7.2 or valkey-8")
    numbers = tuple(int(number) for number in match[1].split("."))
    if numbers < _LEAST[: len(numbers)]:
        raise ValueError(f"{text!r} is too old; write {VALKEY if text.startswith(VALKEY) else ''}7.2 or newer")
    return text
