"""The planned switchover: the primary hands its role over, no acknowledged write is lost and no write fails.

Theory of operation. The sidecar of the primary carries it out, and this module says what to do next, from what is seen of the members. It
knows no connection: whoever carries a step out says how that went, looks again and asks again.

    CHECKING --Pause--> PAUSED --AskSentinel--> ASKED --Demote--> ENDED
        |                 |                       |
        +-----Refuse------+--------Resume---------+-------------> ENDED

- CHECKING changes nothing. Two Sentinels have to name this primary, and every replica that the Sentinel to be asked may promote has to be
  in sync: Sentinel chooses by itself, and promotes a replica that hangs when it wakes up. A wanted member is the one that Sentinel
  chooses if its priority is the lowest.
- PAUSED: Redis holds writes back (CLIENT PAUSE WRITE), so that the offset stands still, and the replicas take the rest of the stream. The
  primary's PINGs have to be off: one that is sent after the promotion is no part of the new primary's history, and costs both others a
  full resync.
- ASKED: a Sentinel has accepted SENTINEL FAILOVER, or may have. The step ends when a replica was promoted out of this history. Then, in one
  transaction, writes go on and this Redis follows: what was held back gets READONLY, was not executed, and is sent to the new primary.
- While Redis is paused it answers no Sentinel's PING behind a PUBLISH, so that a long pause becomes a failover. Hence `CATCH_UP_SECONDS`.
  After `ABORT_SECONDS` writes go on here, if that Sentinel still names this primary and none fails over; otherwise, as when it does not
  answer, what is written then could be lost, and they wait until `LAST_MOMENT_SECONDS`.

If the sidecar dies, the pause ends by itself after `PAUSE_SECONDS`. Its successor sets the period of the PINGs right, and makes this Redis
follow if another was promoted meanwhile, as after any failover.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from kuberedis_core.members import QUORUM

PAUSE_SECONDS = 10.0
"""How long Redis holds writes back unless it is told otherwise."""
ABORT_SECONDS = 5.0
"""After this time without a new primary writes go on at the old one; as long as Sentinel's failover-timeout."""
CATCH_UP_SECONDS = 0.5
"""How long replicas may take for the rest of the stream; less than the shortest time after which Sentinels take a primary for down."""
LAST_MOMENT_SECONDS = 9.0
"""Before the pause ends by itself, it is ended in order."""
IN_SYNC_BYTES = 2**20
"""A replica that is less behind, in bytes, takes the rest of the stream within `CATCH_UP_SECONDS`."""


class Reason(Enum):
    """Why there was no switchover. The values are part of the reply on the control socket."""

    NOT_PRIMARY = "not-primary"
    IS_PRIMARY = "is-primary"
    UNKNOWN_MEMBER = "unknown-member"
    NO_QUORUM = "no-quorum"
    FAILOVER_IN_PROGRESS = "failover-in-progress"
    NO_REPLICA = "no-replica"
    NOT_IN_SYNC = "not-in-sync"
    NOT_PREFERRED = "not-preferred"
    SENTINEL_REFUSED = "sentinel-refused"
    NO_PROMOTION = "no-promotion"
    REDIS_UNAVAILABLE = "redis-unavailable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Replica:
    """The Redis of another member."""

    is_primary: bool = False
    """It has the role of a primary, be it a stray one that was away for a while."""
    is_successor: bool = False
    """It has that role, and went on from the history of this primary."""
    offset: int | None = None
    """How much of this primary's stream it has; None unless it is linked to it, has had a complete copy, and is not about to end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vote:
    """What the Sentinel of a member says."""

    names_me: bool
    fails_over: bool = False
    priorities: Mapping[str, int] = field(default_factory=dict)
    """Of the replicas that it may promote, by name: neither down nor disconnected, and not 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What is seen of the members at one moment."""

    replicas: Mapping[str, Replica]
    """The others that answer, by name."""
    votes: Mapping[str, Vote] = field(default_factory=dict)
    """Of the Sentinels that answer, by the name of their member; needed only where `Switchover.needs_votes` says so."""
    is_primary: bool = True
    """Whether this Redis has the role of the primary; needed only for the first step, as the next."""
    offset: int = 0
    """Of this Redis' replication stream."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Look again."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Hold writes back. Then call `Switchover.paused`."""


@dataclass(frozen=True, slots=True)
class AskSentinel:
    """Have the Sentinel of a member fail over. Then call `Switchover.asked`."""

    member: str


@dataclass(frozen=True, slots=True)
class Demote:
    """Let writes go on, and this Redis follow the new primary, in one transaction. This ends it."""

    new_primary: str


@dataclass(frozen=True, slots=True)
class Refuse:
    """Nothing has been changed; this ends it."""

    reason: Reason
    message: str


@dataclass(frozen=True, slots=True)
class Resume:
    """Let writes go on here. This ends it."""

    reason: Reason
    message: str


Step = Wait | Pause | AskSentinel | Demote | Refuse | Resume


class _Phase(Enum):
    CHECKING = 1
    PAUSED = 2
    ASKED = 3


class Switchover:
    """One switchover. Times are seconds of any one clock.

    Args:
        me: Name of the member whose Redis is the primary.
        others: Names of the others; their Sentinels are asked in this order, and then the own one, which may end with this pod.
        to: Name of the member that shall be the primary; None for any.
    """

    def __init__(self, me: str, others: Sequence[str], to: str | None = None) -> None:
        self._me = me
        self._others = others
        self._to = to
        self._phase = _Phase.CHECKING
        self._paused_at = 0.0
        self._offset = 0
        self._candidates: Mapping[str, Mapping[str, int]] = {}
        """What each Sentinel that may be asked could promote."""
        self._last_refusal = ""
        self._asked = ""
        """The member whose Sentinel may be failing over."""

    def needs_votes(self, now: float) -> bool:
        """Whether the next step depends on the Sentinels."""
        return self._phase is _Phase.CHECKING or (self._phase is _Phase.ASKED and now - self._paused_at >= ABORT_SECONDS)

    @property
    def may_be_promoted(self) -> bool:
        """Whether a Sentinel may be promoting a replica, so that what is written here from now on could be lost."""
        return self._phase is _Phase.ASKED

    def paused(self, now: float, offset: int) -> None:
        """Writes are held back since `now`, and the stream stands at `offset`."""
        self._phase, self._paused_at, self._offset = _Phase.PAUSED, now, offset

    def asked(self, member: str, refusal: str | None) -> None:
        """The Sentinel of `member` has replied: with a refusal, or with OK, or not at all, which may mean either."""
        if refusal is None:
            self._phase, self._asked = _Phase.ASKED, member
        else:
            self._candidates = {name: candidates for name, candidates in self._candidates.items() if name != member}
            self._last_refusal = refusal

    def next(self, seen: Seen, now: float) -> Step:
        """The next step."""
        if self._phase is _Phase.CHECKING:
            return self._check(seen)
        promoted = next((name for name in self._others if name in seen.replicas and seen.replicas[name].is_successor), None)
        if promoted is not None:
            return Demote(promoted)
        return self._catch_up(seen, now) if self._phase is _Phase.PAUSED else self._wait_for_promotion(seen, now)

    def _check(self, seen: Seen) -> Step:
        if not seen.is_primary:
            return Refuse(Reason.NOT_PRIMARY, f"{self._me} is not the primary")
        if self._to == self._me:
            return Refuse(Reason.IS_PRIMARY, f"{self._me} is the primary already")
        if self._to is not None and self._to not in self._others:
            return Refuse(Reason.UNKNOWN_MEMBER, f"{self._to} is no member; the others are {' and '.join(self._others)}")
        if len(seen.votes) < QUORUM:
            return Refuse(Reason.NO_QUORUM, f"{len(seen.votes)} of {len(self._others) + 1} Sentinels answer, and {QUORUM} are needed")
        votes = {name: seen.votes[name] for name in (*self._others, self._me) if name in seen.votes and seen.votes[name].names_me}
        settled = not any(vote.fails_over for vote in votes.values()) and not any(replica.is_primary for replica in seen.replicas.values())
        if len(votes) < QUORUM or not settled:
            return Refuse(Reason.FAILOVER_IN_PROGRESS, "a failover is in progress, or was a moment ago")
        if not seen.replicas:
            return Refuse(Reason.NO_REPLICA, "the Redis of no other member answers")
        in_sync = {name for name, replica in seen.replicas.items() if _behind(replica, seen.offset) < IN_SYNC_BYTES}
        if not in_sync or (self._to is not None and self._to not in in_sync):
            return Refuse(Reason.NOT_IN_SYNC, f"{self._to or 'no replica'} is {'not ' if self._to else ''}in sync with {self._me}")
        self._candidates = {name: vote.priorities for name, vote in votes.items() if vote.priorities and set(vote.priorities) <= in_sync}
        if not self._candidates:
            return Refuse(Reason.NOT_IN_SYNC, _why_not_in_sync(votes, in_sync))
        self._candidates = {name: priorities for name, priorities in self._candidates.items() if self._would_choose(priorities)}
        if not self._candidates:
            return Refuse(Reason.NOT_PREFERRED, f"no Sentinel prefers {self._to} to the other replica yet")
        return Pause()

    def _would_choose(self, priorities: Mapping[str, int]) -> bool:
        if self._to is None:
            return True
        return self._to in priorities and all(priorities[self._to] < priority for name, priority in priorities.items() if name != self._to)

    def _catch_up(self, seen: Seen, now: float) -> Step:
        if not self._candidates:
            return Resume(Reason.SENTINEL_REFUSED, f"the Sentinels refuse to fail over: {self._last_refusal}")
        for member, priorities in self._candidates.items():
            if all(_behind(seen.replicas.get(name, Replica()), self._offset) <= 0 for name in priorities):
                return AskSentinel(member)
        if now - self._paused_at >= CATCH_UP_SECONDS:
            return Resume(Reason.NOT_IN_SYNC, f"the replicas did not take the rest of the stream within {CATCH_UP_SECONDS} s")
        return Wait()

    def _wait_for_promotion(self, seen: Seen, now: float) -> Step:
        elapsed = now - self._paused_at
        asked = seen.votes.get(self._asked)
        over = asked is not None and asked.names_me and not any(vote.fails_over for vote in seen.votes.values())
        if elapsed < ABORT_SECONDS or (elapsed < LAST_MOMENT_SECONDS and not over):
            return Wait()
        return Resume(Reason.NO_PROMOTION, f"no replica was promoted within {elapsed:.1f} s")


def _behind(replica: Replica, offset: int) -> float:
    return float("inf") if replica.offset is None else offset - replica.offset


def _why_not_in_sync(votes: Mapping[str, Vote], in_sync: set[str]) -> str:
    late = sorted({name for vote in votes.values() for name in vote.priorities} - in_sync)
    if late:
        return f"a Sentinel could promote {' or '.join(late)}, which is not in sync, or is about to end"
    return "no Sentinel would promote a replica: they are down, or not eligible yet"
