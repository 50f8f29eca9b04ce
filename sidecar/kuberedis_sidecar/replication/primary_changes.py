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
        self._fate: Literal["", "lost", "stepped down"] = ""
        """What became of it first, once it is no primary any more: one that has stepped down may end, before Sentinels name another."""

    def see(self, seen: Observation) -> None:
        """Take in what is seen. A primary that hands its role over is there until it follows another one; one that failed is not."""
        primary = seen.primary
        if primary is not None and self._primary not in (None, primary.name):
            self.count += 1
            self.last = "failover" if self._fate == "lost" else "switchover"
        if primary is not None:
            self._primary, self._fate = primary.name, ""
        elif self._primary is not None and not self._fate:
            node = seen.nodes.get(self._primary)
            if node is None or node.quarantined:
                self._fate = "lost"
            elif node.role == "replica":
                self._fate = "stepped down"
