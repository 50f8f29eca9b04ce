"""The memory that bodies of requests may take together."""

from __future__ import annotations

from kuberedis_sidecar.errors import TooManyRequests


class BodyBudget:
    """Counts the bytes of bodies that are in memory.

    Args:
        max_bytes: Bytes that may be in memory at once.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._used = 0

    def reserve(self, size: int) -> None:
        """Count `size` bytes in.

        Raises:
            TooManyRequests: There is no room for them; they are not counted.
        """
        if self._used + size > self._max_bytes:
            raise TooManyRequests("too many large bodies at once for this instance; try again soon")
        self._used += size

    def release(self, size: int) -> None:
        """Count `size` bytes out."""
        self._used -= size
