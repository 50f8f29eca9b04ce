"""What a member does with its own Redis, decided from what it observes. Pure: all that a decision depends on is in the `Observation`.

Theory of operation. Sentinel promotes, and nobody else does; a member only reconfigures its own Redis. Each Redis starts quarantined: it
follows nobody and must not be promoted, so that one that lost its data wipes nobody's. What its member does next depends on what state the
own Redis is in, and on whom two of three Sentinels name as the primary:

    own Redis     named: nobody   named: this one             named: another
    ----------    -------------   -------------------------   --------------------------------------------------
    gone          wait            have a fresh replica        wait
                                  promoted at once
    silent        wait            wait                        wait
    quarantined   wait            resume as the primary, or   follow it as soon as it is one; stand in
                                  have another one promoted
    primary       serve           serve                       step down if that one is a primary
    replica       (as named)      wait for Sentinel           follow its successor; become eligible, or stand in

- *Gone* is a process that does not exist. One that hangs is *silent*, and may go on: that is for Sentinels to decide.
- A primary that was restarted is still named for as long as Sentinels have not noticed. If a replica is *fresh* (it has been in sync, in
  this life of its process), that one has everything, and this one perhaps nothing. If nobody is, all were down: the one that is named was
  the last primary, so that its data count. If it has none while others have some, the fullest of them *stands in*: it declares itself
  eligible although it is not in sync, and is promoted.
- A failover is asked for only if none is on its way: two at once promote two replicas, and what the first one has acknowledged is lost. So
  a primary that handed its role over and ended before Sentinels heard of it has nobody else promoted.
- Sentinels hear of a promotion up to a second late. Until then lineage tells: a primary whose second replication id is the id that this
  Redis has, or follows, was promoted out of that history, so that it is the *successor*. A primary steps down for its successor as soon as
  one Sentinel confirms it, and a replica follows the successor as soon as its own primary is over. The other way round, a primary that was
  promoted a moment ago does not step down for the one whose history it continued.
- A Redis that steps down loses its eligibility until it is in sync again: its offset counts writes that nobody else has.
- What is not known may not be assumed: who does not answer may be fresh, and a Redis that is loading may have data. So the one that is
  named waits for them, the former for a while.
- A person may choose (`Members.promote`) where none of this leads to a primary. While an instance becomes one of three members, its
  founder counts as the last primary whatever others hold (`Members.founder`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from kuberedis_sidecar.replication.observation import NodeInfo, Observation

FORCE_SECONDS = 2.0
"""The least time between two failovers that a member asks for."""
NEWS_SECONDS = 6.0
"""Within this time Sentinels have either heard of a promotion, or given it up: their failover-timeout, and a second for INFO."""
SILENCE_SECONDS = 2.0
"""How long a primary that was restarted waits for members that do not answer."""
STRAY_SECONDS = 2.0
"""How long a replica waits for a primary that is not named and does not answer, before it follows the one that is named."""


@dataclass(frozen=True, slots=True)
class Follow:
    """Follow a member; the replica keeps its eligibility."""

    member: str
    reason: str


@dataclass(frozen=True, slots=True)
class StepDown:
    """Follow a member, after having been a primary."""

    member: str
    reason: str


@dataclass(frozen=True, slots=True)
class Resume:
    """Serve as the primary, which Sentinels take this one for."""

    reason: str


@dataclass(frozen=True, slots=True)
class SetEligible:
    """Let Sentinel promote this Redis, or not."""

    eligible: bool
    reason: str


@dataclass(frozen=True, slots=True)
class ForceFailover:
    """Have a Sentinel promote another one at once."""

    reason: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Do nothing."""

    reason: str


Action: TypeAlias = Follow | StepDown | Resume | SetEligible | ForceFailover | Wait


class OwnState(Enum):
    """What the own Redis is."""

    GONE = "gone"
    SILENT = "silent"
    LOADING = "loading"
    QUARANTINED = "quarantined"
    PRIMARY = "primary"
    REPLICA = "replica"


def decide(seen: Observation) -> Action:
    """What to do now, with the own Redis."""
    return _DECISIONS[own_state(seen)](seen)


def own_state(seen: Observation) -> OwnState:
    """What the own Redis is."""
    own = seen.own
    if own is None:
        return OwnState.GONE if seen.me in seen.gone else OwnState.SILENT
    if own.role == "primary":
        return OwnState.PRIMARY
    if not own.quarantined:
        return OwnState.REPLICA
    return OwnState.LOADING if own.keys is None else OwnState.QUARANTINED


def _gone(seen: Observation) -> Action:
    fresh = seen.fresh_followers()
    if not seen.names_me or not fresh:
        return Wait("Redis is not running")
    return _force(seen, f"Redis is not running, and {fresh[0]} has its data")


def _quarantined(seen: Observation) -> Action:
    named = seen.named
    if named is None:
        return Wait("no two Sentinels name the same primary")
    if named.name != seen.me:
        return _follow_named(seen, named.name)
    if fresh := seen.fresh_followers():
        return _force(seen, f"Redis was restarted, and {fresh[0]} has its data")
    if seen.members.promote is not None:
        return _resume_if(seen, seen.members.promote, "the owner of the instance chose it")
    if seen.members.founder is not None:
        return _resume_if(seen, seen.members.founder, "its data are the instance's")
    if seen.stable_seconds < NEWS_SECONDS:
        if (later := seen.named_later) is not None:
            return Wait(f"a Sentinel knows of a later failover, to {later.name}")
        if (promoted := _promoted(seen)) is not None:
            return promoted
    return _resume_after_outage(seen)


def _follow_named(seen: Observation, named: str) -> Action:
    """Follow the one that is named as soon as it is a primary: one that is none refuses, and would be asked again only a second later."""
    node, primaries = seen.nodes.get(named), seen.primaries()
    if named in primaries or (node is None and named not in seen.gone):
        return Follow(named, "Sentinels name it")
    follows = node.follows if node is not None else None
    followed = seen.members.at(*follows) if follows is not None else None
    if followed is not None and followed.name in primaries:
        return Follow(followed.name, f"{named}, which Sentinels name, follows it")
    if primaries:
        return Wait(f"{named}, which Sentinels name, is no primary")
    return _without_primary(seen, seen.nodes[seen.me], named)


def _resume_if(seen: Observation, member: str, reason: str) -> Action:
    return Resume(reason) if member == seen.me else Wait(f"{member} shall be the primary: {reason}")


def _resume_after_outage(seen: Observation) -> Action:
    """What the last primary does when no replica has been in sync since it was restarted."""
    own, others = seen.nodes[seen.me], seen.others
    silent = [member.name for member in seen.members.others(seen.me) if member.name not in others and member.name not in seen.gone]
    if silent and seen.stable_seconds < SILENCE_SECONDS:
        return Wait(f"{silent[0]} does not answer, and may have newer data")
    if own.keys:
        return Resume("it was the last primary, and no replica has been in sync since")
    if any(node.keys for node in others.values()):
        return _force(seen, "Redis has lost its data, and another one has some")
    if len(others) == len(seen.members.others(seen.me)) and all(node.keys == 0 for node in others.values()):
        return Resume("all members are empty")
    return Wait("Redis is empty, and not all others have said that they are")


def _primary(seen: Observation) -> Action:
    if (successor := _confirmed_successor(seen)) is not None:
        return StepDown(successor, "it was promoted in place of this one")
    named = seen.named
    if named is None or named.name == seen.me:
        return Wait("Redis is the primary")
    other = seen.nodes.get(named.name)
    if other is None or other.role != "primary":
        return Wait(f"Sentinels name {named.name}, which is no primary")
    if seen.nodes[seen.me].descends_from(other) and seen.stable_seconds < NEWS_SECONDS:
        return Wait(f"Redis was promoted in place of {named.name}, and Sentinels have yet to hear of it")
    return StepDown(named.name, "Sentinels name it")


def _confirmed_successor(seen: Observation) -> str | None:
    own = seen.nodes[seen.me]
    for name, node in seen.primaries().items():
        address = (seen.members[name].host, seen.members[name].redis_port)
        if node.descends_from(own) and any(view.primary == address or view.failing_over for view in seen.sentinels.values()):
            return name
    return None


def _replica(seen: Observation) -> Action:
    own = seen.nodes[seen.me]
    if (primary := _better_primary(seen, own)) is not None:
        return primary
    if own.in_sync and not own.eligible:
        return SetEligible(True, "Redis is in sync")
    if own.in_sync:
        return Wait("Redis is in sync")
    if seen.names_me:
        return Wait("Sentinels name this one, which was told to follow")
    if (lost := seen.named) is not None and not seen.primaries():
        return _without_primary(seen, own, lost.name)
    return Wait("the link to the primary is down" if not own.link_up else "Redis is receiving a full copy")


def _better_primary(seen: Observation, own: NodeInfo) -> Action | None:
    """Follow another primary than now, if the present one is over."""
    followed = seen.members.at(*own.follows) if own.follows is not None else None
    upstream = seen.nodes.get(followed.name) if followed is not None else None
    over = upstream.role == "replica" if upstream is not None else not own.link_up
    if not over:
        return None
    for name, node in seen.primaries().items():
        if node.descends_from(own) or node.replid == own.replid:
            return Follow(name, "it was promoted in place of the primary")
    named = seen.named
    if named is None or named.name not in seen.primaries():
        return None
    if upstream is not None or followed is None or seen.stable_seconds >= STRAY_SECONDS:
        return Follow(named.name, "Sentinels name it")
    return None


def _without_primary(seen: Observation, own: NodeInfo, lost: str) -> Action:
    """What a replica does when the primary that is named is none, and nobody else is."""
    chosen = seen.members.promote
    if chosen == seen.me:
        if not own.eligible:
            return SetEligible(True, "the owner of the instance chose it")
        return _force(seen, "the owner of the instance chose this one")
    if chosen is not None and own.eligible:
        return SetEligible(False, f"the owner of the instance chose {chosen}")
    if chosen is None and not own.eligible and _may_stand_in(seen, own, lost):
        return SetEligible(True, "the primary has lost its data, and no other member has more than this one")
    return Wait("there is no primary")


def _may_stand_in(seen: Observation, own: NodeInfo, lost: str) -> bool:
    """Whether the last primary is back without data, and the own Redis has at least as many keys as the third."""
    if not own.keys or seen.members.founder is not None:
        return False
    for name, node in seen.others.items():
        if name == lost:
            fits = node.quarantined and node.keys == 0
        else:
            fits = node.keys is not None and not node.eligible and (own.keys, seen.me) > (node.keys, name)
        if not fits:
            return False
    return len(seen.others) == len(seen.members.others(seen.me))


def _promoted(seen: Observation) -> Wait | None:
    primaries = seen.primaries()
    return Wait(f"{min(primaries)} is a primary, and Sentinels may have yet to hear of it") if primaries else None


def _force(seen: Observation, reason: str) -> Action:
    if seen.forced_seconds < FORCE_SECONDS:
        return Wait("Sentinel was asked to fail over a moment ago")
    if seen.stable_seconds < NEWS_SECONDS:
        if (promoted := _promoted(seen)) is not None:
            return promoted
        # What this member asked for itself may have come to nothing, because the chosen replica died.
        if seen.forced_seconds >= NEWS_SECONDS and any(view.failing_over for view in seen.sentinels.values()):
            return Wait("a Sentinel fails over already")
    return ForceFailover(reason)


_DECISIONS: dict[OwnState, Callable[[Observation], Action]] = {
    OwnState.GONE: _gone,
    OwnState.SILENT: lambda _: Wait("Redis does not answer"),
    OwnState.LOADING: lambda _: Wait("Redis is loading"),
    OwnState.QUARANTINED: _quarantined,
    OwnState.PRIMARY: _primary,
    OwnState.REPLICA: _replica,
}
