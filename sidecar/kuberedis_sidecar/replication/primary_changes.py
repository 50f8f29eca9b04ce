"""Counts how often another member became the primary, and tells failovers from switchovers. Pure."""

from __future__ import annotations

from typing import Literal

from kuberedis_sidecar.replication.observation import Observation


class PrimaryChanges:
    """What one member has seen of changes."""

    def __init__(self) -> None:
        self.count = 0
        """How many times the primary has changed."""
        self.last: Literal["", "failover", "switchover"] = ""
        """How it changed last."""
        self._primary: str | None = None
        self._was_lost = False

    def see(self, seen: Observation) -> None:
        """Take in what is seen. A primary that hands its role over is there all the time; one that failed is not."""
        primary = seen.primary
        if primary is not None and self._primary not in (None, primary.name):
            self.count += 1
            self.last = "failover" if self._was_lost else "switchover"
        if primary is not None:
            self._primary, self._was_lost = primary.name, False
        elif self._primary is not None:
            node = seen.nodes.get(self._primary)
            self._was_lost = self._was_lost or node is None or node.quarantined
