"""Whether a server is silent, that is, whether the oldest command in flight makes no progress. Pure."""

from __future__ import annotations

# The first look may come right after the command was sent.
_SILENT_LOOKS = 3


class Progress:
    """What was seen of one connection in looks at regular intervals."""

    def __init__(self) -> None:
        self._oldest: object = None
        self._replies = 0
        self._looks = 0

    @property
    def stalled(self) -> bool:
        """Whether the last look saw what the one before saw."""
        return self._looks > 1

    @property
    def silent(self) -> bool:
        """Whether that has been so for a while."""
        return self._looks >= _SILENT_LOOKS

    def look(self, oldest: object, replies: int) -> None:
        """Look at the oldest batch in flight, None if there is none, and at how many of its replies are here."""
        if oldest is None or oldest is not self._oldest or replies != self._replies:
            self._oldest, self._replies, self._looks = oldest, replies, 0
        self._looks += 1
