"""Counts how often another member became the primary, and tells failovers from switchovers. Pure.

A primary that hands its role over follows another one before Sentinels name that. One that failed is gone, or was restarted, or Sentinels
take it for down, or it is a primary yet when another one is: nobody could tell it. That it does not answer for a moment is no evidence,
unless it has not been heard of since.
"""

from __future__ import annotations

from enum import Enum
from typing import Literal

from kuberedis_sidecar.replication.observation import Observation


class _Fate(Enum):
    """What became of a primary."""

    NONE = "none"
    SILENT = "silent"
    FAILED = "failed"
    STEPPED_DOWN = "stepped down"


class PrimaryChanges:
    """What one member has seen of changes."""

    def __init__(self) -> None:
        self.count = 0
        """How many times the primary has changed."""
        self.last: Literal["", "failover", "switchover"] = ""
        """How it changed last."""
        self._primary: str | None = None
        self._fate = _Fate.NONE

    def see(self, seen: Observation) -> None:
        """Take in what is seen."""
        primary = seen.primary.name if seen.primary is not None else None
        if self._primary is not None and primary != self._primary:
            self._fate = _fate(seen, self._primary, self._fate)
        if primary is None:
            return
        if self._primary not in (None, primary):
            self.count += 1
            self.last = "switchover" if self._fate is _Fate.STEPPED_DOWN else "failover"
        self._primary, self._fate = primary, _Fate.NONE


def _fate(seen: Observation, primary: str, before: _Fate) -> _Fate:
    """What became of a primary. The first evidence counts: one that has stepped down may end, and one that failed may come back."""
    node = seen.nodes.get(primary)
    if before in (_Fate.FAILED, _Fate.STEPPED_DOWN):
        return before
    if primary in seen.gone or (node is not None and node.quarantined) or seen.takes_for_down(primary):
        return _Fate.FAILED
    if node is None:
        return _Fate.SILENT
    return _Fate.STEPPED_DOWN if node.role == "replica" else before
