"""Ids that tell nothing: neither how many there were before, nor which comes next."""

from __future__ import annotations

import os
from collections.abc import Iterator

# The system is asked for many at once, because to ask costs as much as some hundred ids.
_IDS_AT_ONCE = 512


def random_ids(size: int) -> Iterator[bytes]:
    """Ids without end, each of `size` random bytes as hexadecimal digits.

    Several may take from one iterator, as long as they are in one thread.
    """
    digits = 2 * size
    while True:
        block = os.urandom(size * _IDS_AT_ONCE).hex().encode()
        for start in range(0, len(block), digits):
            yield block[start : start + digits]
