"""Grants whose script had to be stopped may not run scripts for a while, so that nobody stops an instance again and again."""

from __future__ import annotations

from dataclasses import dataclass

from kuberedis_sidecar.auth.acl import FULL, Grant
from kuberedis_sidecar.workers.script_board import ScriptsOfWorkers

_FIRST_SECONDS = 10.0
LONGEST_SECONDS = 600.0
"""Also the time after which the kubelet forgets that a container has ended, and starts it without a pause the next time."""


@dataclass(slots=True)
class _Suspension:
    until: float
    seconds: float

    def is_remembered(self, now: float) -> bool:
        """Whether a further one would be longer for it."""
        return self.until + LONGEST_SECONDS > now


class Suspensions:
    """The suspended grants. Times are seconds of any one clock.

    A grant is suspended for 10 seconds, for twice as long each further time, up to 10 minutes; at once for 10 minutes if the server was
    restarted for its sake. After 10 good minutes it begins anew. The owner is always suspended for the shortest time: the key is told that
    its script is at fault, but is not locked out.

    Args:
        workers: Tells other workers, and knows whom they have suspended; None if there are no others. Times are those of its clock then.
    """

    def __init__(self, workers: ScriptsOfWorkers | None = None) -> None:
        self._workers = workers
        self._by_grant: dict[Grant, _Suspension] = {}

    def suspend(self, grant: Grant, now: float, *, restarted: bool) -> float:
        """Suspend a grant; for how many seconds."""
        self._forget(now)
        before = self._last(grant)
        seconds = _FIRST_SECONDS
        if before is not None and before.is_remembered(now):
            seconds = min(2 * before.seconds, LONGEST_SECONDS)
        if restarted:
            seconds = LONGEST_SECONDS
        if grant == FULL:
            seconds = _FIRST_SECONDS
        self._by_grant[grant] = _Suspension(now + seconds, seconds)
        if self._workers is not None:
            self._workers.suspend(grant, now + seconds, seconds)
        return seconds

    def left(self, grant: Grant, now: float) -> float:
        """For how many seconds a grant is suspended yet; 0 if it is not."""
        if not self._by_grant and (self._workers is None or not self._workers.is_any_suspended(now)):
            return 0.0
        suspension = self._last(grant)
        return 0.0 if suspension is None else max(0.0, suspension.until - now)

    def _last(self, grant: Grant) -> _Suspension | None:
        """The suspension of a grant that ends last, or has ended last."""
        own = self._by_grant.get(grant)
        if self._workers is None:
            return own
        until, seconds = self._workers.suspension(grant)
        return _Suspension(until, seconds) if until > (0.0 if own is None else own.until) else own

    def _forget(self, now: float) -> None:
        self._by_grant = {grant: known for grant, known in self._by_grant.items() if known.is_remembered(now)}
