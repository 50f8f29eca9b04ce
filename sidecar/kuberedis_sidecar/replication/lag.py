"""How old the data of a replica are. Pure.

Redis tells how many bytes a replica is behind, and the seconds since its primary last said anything; neither is the time in which what was
written last would be lost. So what is remembered is when each offset of the primary was first seen, until the replica has reached it.
"""

from __future__ import annotations

from collections import deque

from kuberedis_sidecar.replication.observation import Observation

# While the primary is asked twice a second, some eight minutes; who is later than that has nothing newer remembered.
_MOST = 1024


class ReplicationLag:
    """The lag of the own Redis."""

    def __init__(self) -> None:
        self.seconds: float | None = None
        """Seconds since the first offset of the primary was seen that the own Redis has not reached; 0 if it has reached all, and None if
        it is no replica, or if that is not known."""
        self._unreached: deque[tuple[float, int]] = deque()

    def see(self, seen: Observation, now: float) -> None:
        """Take notice of what was seen at a time of any clock that does not go back."""
        own, primary = seen.own, seen.primary
        if own is None or own.role == "primary":
            self._unreached.clear()
            self.seconds = None
            return
        offset = seen.nodes[primary.name].offset if primary is not None else None
        waiting = self._unreached
        if offset is not None and waiting and offset < waiting[-1][1]:
            # Another primary, or another history.
            waiting.clear()
        while waiting and waiting[0][1] <= own.offset:
            waiting.popleft()
        if offset is not None and len(waiting) < _MOST and offset > max(own.offset, waiting[-1][1] if waiting else 0):
            waiting.append((now, offset))
        if waiting:
            self.seconds = now - waiting[0][0]
        else:
            self.seconds = None if offset is None else 0.0
