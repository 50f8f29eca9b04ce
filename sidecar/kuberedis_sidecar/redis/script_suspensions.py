"""Grants whose script had to be stopped may not run scripts for a while, so that nobody stops an instance again and again. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from kuberedis_sidecar.auth.acl import FULL, Grant

_FIRST_SECONDS = 10.0
LONGEST_SECONDS = 600.0
"""Also the time after which the kubelet forgets that a container has ended, and starts it without a pause the next time."""


@dataclass(slots=True)
class _Suspension:
    until: float
    seconds: float


class Suspensions:
    """The suspended grants. Times are seconds of any one clock.

    A grant is suspended for 10 seconds, for twice as long each further time, up to 10 minutes; at once for 10 minutes if the server was
    restarted for its sake. After 10 good minutes it begins anew. The owner is always suspended for the shortest time: the key is told that
    its script is at fault, but is not locked out.
    """

    def __init__(self) -> None:
        self._by_grant: dict[Grant, _Suspension] = {}

    def suspend(self, grant: Grant, now: float, *, restarted: bool) -> float:
        """Suspend a grant; for how many seconds."""
        self._forget(now)
        before = self._by_grant.get(grant)
        seconds = _FIRST_SECONDS if before is None else min(2 * before.seconds, LONGEST_SECONDS)
        if restarted:
            seconds = LONGEST_SECONDS
        if grant == FULL:
            seconds = _FIRST_SECONDS
        self._by_grant[grant] = _Suspension(now + seconds, seconds)
        return seconds

    def left(self, grant: Grant, now: float) -> float:
        """For how many seconds a grant is suspended yet; 0 if it is not."""
        suspension = self._by_grant.get(grant) if self._by_grant else None
        return 0.0 if suspension is None else max(0.0, suspension.until - now)

    def _forget(self, now: float) -> None:
        self._by_grant = {grant: known for grant, known in self._by_grant.items() if known.until + LONGEST_SECONDS > now}
