"""What the tests of high availability make of what their writers saw."""

import pytest

from kuberedis_core.member_report import MemberReport, ReplicaView, SentinelReport
from tests.cluster.ha.faults import Effect
from tests.cluster.ha.instance import why_not_settled
from tests.cluster.ha.scenarios import Limits
from tests.cluster.ha.trial import Trial, judged
from tests.cluster.ha.writers import Outcome, Record, Write

_NAMES = ("c-0", "c-1", "c-2")


def _write(target: str, began: float, ended: float, outcome: Outcome = Outcome.ACKNOWLEDGED) -> Write:
    return Write(f"{target}:{began}", target, began, ended, outcome)


def test_gap_is_the_longest_of_any_one_target_after_the_fault() -> None:
    record = Record([_write("a", 0, 1), _write("a", 8, 9), _write("a", 11, 12), _write("b", 9, 10), _write("b", 13.5, 14)])
    assert judged(record, Effect(), 9.5, ()).gap == 4


def test_gap_that_lasts_while_the_fault_begins_counts() -> None:
    record = Record([_write("a", 0, 1), _write("a", 3, 4)])
    assert judged(record, Effect(), 2, ()).gap == 3


def test_writers_of_a_member_that_was_away_itself_count_for_losses_only() -> None:
    missing = _write("a", 2, 3)
    record = Record([_write("b", 2, 3), _write("a", 3, 9, Outcome.UNREACHABLE), _write("a", 9, 19, Outcome.UNKNOWN), missing])
    seen = judged(record, Effect(gone=frozenset({"a"})), 2.5, [missing])
    assert (seen.failed, seen.unknown, seen.lost, seen.longest) == (0, 0, 1, 1)


def test_each_outcome_is_counted() -> None:
    outcomes = (Outcome.FAILED, Outcome.UNREACHABLE, Outcome.UNKNOWN)
    record = Record([_write("a", 1, 2, outcome) for outcome in outcomes])
    seen = judged(record, Effect(), 0, ())
    assert (seen.failed, seen.unknown, seen.acknowledged) == (2, 1, 0)


@pytest.mark.parametrize(
    ("limits", "missed"),
    [
        (Limits(), []),
        (Limits(gap=1.5, failed=2, figures={"demoted s": 0.5}), []),
        (Limits(gap=1.0), ["gap s 1.50, wanted at most 1"]),
        (Limits(failed=0), ["failed 2.00, wanted at most 0"]),
        (Limits(figures={"demoted s": 0.1}), ["demoted s 0.50, wanted at most 0.1"]),
    ],
)
def test_limits_say_what_is_worse(limits: Limits, missed: list[str]) -> None:
    seen = Trial(gap=1.5, longest=2, failed=2, unknown=0, lost=0, acknowledged=9, figures={"demoted s": 0.5}, examples=())
    assert limits.missed(seen) == missed


def test_patience_is_with_durations_only() -> None:
    seen = Trial(gap=1.5, longest=2, failed=1, unknown=0, lost=0, acknowledged=9, figures={}, examples=())
    assert Limits(gap=1.0, failed=0).missed(seen, patience=2) == ["failed 1.00, wanted at most 0"]


def test_no_limit_allows_a_lost_write() -> None:
    seen = Trial(gap=0, longest=0, failed=0, unknown=0, lost=1, acknowledged=9, figures={}, examples=())
    assert Limits().missed(seen) == ["lost 1.00, wanted at most 0"]


def _report(name: str, *, primary: str = "c-0", eligible: bool = True, linked: bool = True, quorum: bool = True) -> MemberReport:
    views = {other: ReplicaView(eligible=eligible, down=False) for other in _NAMES if other != primary}
    sentinel = SentinelReport(up=True, primary=primary, has_quorum=quorum, replicas=views)
    role = "primary" if name == primary else "replica"
    return MemberReport(name=name, role=role, primary=primary, linked=linked, in_sync=True, eligible=True, sentinel=sentinel)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("reports", "why"),
    [
        ([_report(name) for name in _NAMES], ""),
        ([_report("c-0"), _report("c-1")], "only c-0, c-1 answers"),
        ([_report("c-0"), _report("c-1", primary="c-1"), _report("c-2")], "primaries: ['c-0', 'c-1']"),
        ([_report("c-0"), _report("c-1", linked=False), _report("c-2")], "c-1: not linked"),
        ([_report("c-0"), _report("c-1", eligible=False), _report("c-2")], "c-1: its Sentinel would not promote ['c-1', 'c-2']"),
        ([_report("c-0"), _report("c-1"), _report("c-2", quorum=False)], "c-2: its Sentinel has no quorum"),
    ],
)
def test_members_have_settled_only_if_another_fault_would_be_survived(reports: list[MemberReport], why: str) -> None:
    assert why_not_settled({report.name: report for report in reports}) == why
