"""What a planned switchover does next, from what is seen of the members: no server, no connection, no clock."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from kuberedis_sidecar.replication.switchover import (
    ABORT_SECONDS,
    CATCH_UP_SECONDS,
    IN_SYNC_BYTES,
    LAST_MOMENT_SECONDS,
    PAUSE_SECONDS,
    AskSentinel,
    Demote,
    Pause,
    Reason,
    Refuse,
    Replica,
    Resume,
    Seen,
    Step,
    Switchover,
    Vote,
    Wait,
)

OFFSET = 10 * IN_SYNC_BYTES
COMPLETE = Replica(offset=OFFSET)
PROMOTED = Replica(is_primary=True, is_successor=True)
STRAY = Replica(is_primary=True)
VOTE = Vote(names_me=True, priorities={"b": 100, "c": 100})
HEALTHY = Seen(is_primary=True, offset=OFFSET, replicas={"b": COMPLETE, "c": COMPLETE}, votes={"a": VOTE, "b": VOTE, "c": VOTE})


def prioritized(**priorities: int) -> Mapping[str, Vote]:
    """Three Sentinels with these priorities of the replicas."""
    return dict.fromkeys("abc", Vote(names_me=True, priorities=priorities))


def reason(step: Step) -> Reason:
    """Why a step ends a switchover."""
    assert isinstance(step, Refuse | Resume), step
    return step.reason


def paused(seen: Seen = HEALTHY, to: str | None = None) -> Switchover:
    """A switchover whose pause has begun at 0 s."""
    switchover = Switchover("a", ("b", "c"), to)
    assert switchover.next(seen, 0) == Pause()
    switchover.paused(0, OFFSET)
    return switchover


def accepted(seen: Seen = HEALTHY) -> Switchover:
    """A switchover that a Sentinel has accepted."""
    switchover = paused(seen)
    switchover.asked("b", None)
    return switchover


def test_way_through_without_trouble() -> None:
    switchover = Switchover("a", ("b", "c"))
    steps = [switchover.next(HEALTHY, 0)]
    switchover.paused(0.001, OFFSET + 100)
    late = replace(HEALTHY, votes={})
    steps.append(switchover.next(late, 0.001))
    complete = replace(late, replicas={"b": Replica(offset=OFFSET + 100), "c": Replica(offset=OFFSET + 100)})
    steps.append(switchover.next(complete, 0.002))
    switchover.asked("b", None)
    steps.append(switchover.next(complete, 0.003))
    steps.append(switchover.next(replace(complete, replicas={"b": COMPLETE, "c": PROMOTED}), 0.2))
    assert steps == [Pause(), Wait(), AskSentinel("b"), Wait(), Demote("c")]


@pytest.mark.parametrize(
    ("seen", "to", "expected"),
    [
        (replace(HEALTHY, is_primary=False), None, Reason.NOT_PRIMARY),
        (HEALTHY, "a", Reason.IS_PRIMARY),
        (HEALTHY, "d", Reason.UNKNOWN_MEMBER),
        (replace(HEALTHY, votes={"a": VOTE}), None, Reason.NO_QUORUM),
        (replace(HEALTHY, votes={"a": VOTE, "b": Vote(names_me=False), "c": Vote(names_me=False)}), None, Reason.FAILOVER_IN_PROGRESS),
        (replace(HEALTHY, votes={**HEALTHY.votes, "c": replace(VOTE, fails_over=True)}), None, Reason.FAILOVER_IN_PROGRESS),
        # One that was a primary before, and is back.
        (replace(HEALTHY, replicas={"b": COMPLETE, "c": STRAY}, votes=prioritized(b=100)), None, Reason.FAILOVER_IN_PROGRESS),
        (replace(HEALTHY, replicas={}), None, Reason.NO_REPLICA),
        (replace(HEALTHY, replicas={"b": Replica(), "c": Replica(offset=OFFSET - IN_SYNC_BYTES)}), None, Reason.NOT_IN_SYNC),
        (replace(HEALTHY, replicas={"b": COMPLETE, "c": Replica()}, votes=prioritized(b=100)), "c", Reason.NOT_IN_SYNC),
        # A replica that Sentinel may promote and that is not in sync would be promoted without the last writes.
        (replace(HEALTHY, replicas={"b": COMPLETE}), None, Reason.NOT_IN_SYNC),
        (replace(HEALTHY, votes=prioritized()), None, Reason.NOT_IN_SYNC),
        (HEALTHY, "c", Reason.NOT_PREFERRED),
        (replace(HEALTHY, votes=prioritized(b=10, c=100)), "c", Reason.NOT_PREFERRED),
    ],
)
def test_refusal_changes_nothing(seen: Seen, to: str | None, expected: Reason) -> None:
    step = Switchover("a", ("b", "c"), to).next(seen, 0)
    assert isinstance(step, Refuse)
    assert step.reason is expected


@pytest.mark.parametrize(
    ("seen", "to"),
    [
        (replace(HEALTHY, votes={"b": VOTE, "c": VOTE}), None),
        (replace(HEALTHY, replicas={"b": Replica(offset=OFFSET - IN_SYNC_BYTES + 1), "c": COMPLETE}), None),
        (replace(HEALTHY, replicas={"b": COMPLETE}, votes=prioritized(b=100)), None),
        (replace(HEALTHY, votes=prioritized(b=100, c=10)), "c"),
        (replace(HEALTHY, replicas={"c": COMPLETE}, votes=prioritized(c=100)), "c"),
    ],
)
def test_pause_when_every_replica_that_may_be_promoted_is_in_sync(seen: Seen, to: str | None) -> None:
    assert Switchover("a", ("b", "c"), to).next(seen, 0) == Pause()


def test_sentinel_is_not_asked_before_both_replicas_have_everything() -> None:
    switchover = paused()
    behind = replace(HEALTHY, replicas={"b": COMPLETE, "c": Replica(offset=OFFSET - 1)})
    assert switchover.next(behind, CATCH_UP_SECONDS / 2) == Wait()
    assert reason(switchover.next(behind, CATCH_UP_SECONDS)) is Reason.NOT_IN_SYNC


def test_replica_that_is_lost_in_the_pause_is_not_promoted() -> None:
    switchover = paused()
    assert switchover.next(replace(HEALTHY, replicas={"b": COMPLETE}), 0.1) == Wait()


def test_only_a_sentinel_that_would_choose_the_wanted_member_is_asked() -> None:
    seen = replace(HEALTHY, votes={"a": VOTE, "b": VOTE, "c": Vote(names_me=True, priorities={"b": 100, "c": 10})})
    assert paused(seen, "c").next(HEALTHY, 0.1) == AskSentinel("c")


def test_next_sentinel_is_asked_when_one_refuses_and_writes_go_on_when_all_do() -> None:
    switchover = paused()
    asked = []
    while isinstance(step := switchover.next(HEALTHY, 0.1), AskSentinel):
        asked.append(step.member)
        switchover.asked(step.member, "NOGOODSLAVE No suitable replica to promote")
    assert asked == ["b", "c", "a"]
    assert reason(step) is Reason.SENTINEL_REFUSED
    assert "NOGOODSLAVE" in step.message if isinstance(step, Resume) else False


def test_no_second_sentinel_is_asked_when_the_first_may_have_accepted() -> None:
    assert accepted().next(HEALTHY, 1) == Wait()


@pytest.mark.parametrize("seconds", [0.0, ABORT_SECONDS, LAST_MOMENT_SECONDS])
def test_new_primary_is_followed_however_late_it_is_seen(seconds: float) -> None:
    assert accepted().next(replace(HEALTHY, replicas={"b": PROMOTED}), seconds) == Demote("b")


def test_primary_of_another_history_is_not_followed() -> None:
    assert accepted().next(replace(HEALTHY, replicas={"b": COMPLETE, "c": STRAY}), 1) == Wait()


def test_promotion_by_a_failover_that_nobody_asked_for_is_followed_too() -> None:
    assert paused().next(replace(HEALTHY, replicas={"c": PROMOTED}), 0.1) == Demote("c")


def test_writes_go_on_when_nobody_is_promoted() -> None:
    switchover = accepted()
    assert switchover.next(HEALTHY, ABORT_SECONDS - 0.01) == Wait()
    assert reason(switchover.next(HEALTHY, ABORT_SECONDS)) is Reason.NO_PROMOTION


@pytest.mark.parametrize(
    "votes",
    [
        # One fails over, be it the one that was asked or another.
        {"b": replace(VOTE, fails_over=True), "c": VOTE},
        {"b": VOTE, "c": replace(VOTE, fails_over=True)},
        # The one that was asked has done it, and the next primary does not answer; or it does not answer itself.
        {"b": Vote(names_me=False), "c": VOTE},
        {"c": VOTE},
    ],
)
def test_writes_do_not_go_on_while_a_sentinel_may_fail_over(votes: Mapping[str, Vote]) -> None:
    seen = replace(HEALTHY, replicas={"c": COMPLETE}, votes=votes)
    switchover = accepted()
    assert switchover.next(seen, ABORT_SECONDS) == Wait()
    assert reason(switchover.next(seen, LAST_MOMENT_SECONDS)) is Reason.NO_PROMOTION
    assert LAST_MOMENT_SECONDS < PAUSE_SECONDS


def test_sentinels_are_asked_only_where_they_decide() -> None:
    switchover = Switchover("a", ("b", "c"))
    needed = [switchover.needs_votes(0)]
    switchover.next(HEALTHY, 0)
    switchover.paused(0, OFFSET)
    needed.append(switchover.needs_votes(0.1))
    switchover.asked("b", None)
    needed += [switchover.needs_votes(0.2), switchover.needs_votes(ABORT_SECONDS)]
    assert needed == [True, False, False, True]
