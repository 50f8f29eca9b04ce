"""What workers tell each other of scripts, in the memory that they share."""

import pytest

from kuberedis_core.acl_rule import Scope
from kuberedis_sidecar.auth.acl import FULL, Grant
from kuberedis_sidecar.redis.script_suspensions import Suspensions
from kuberedis_sidecar.workers.script_board import WORKER_BYTES, ScriptBoard, ScriptsOfWorkers

READ = Grant(Scope.READ)


def workers(count: int) -> list[ScriptsOfWorkers]:
    board = ScriptBoard(memoryview(bytearray(count * WORKER_BYTES)))
    return [ScriptsOfWorkers(board, index) for index in range(count)]


@pytest.mark.parametrize(
    ("events", "start"),
    [
        ([(0, "sent", 5)], 5),
        ([(1, "sent", 3), (0, "sent", 5)], None),
        ([(1, "sent", 3), (0, "sent", 5), (1, "ended", 6)], 6),
        ([(1, "sent", 3), (1, "ended", 4), (0, "sent", 5)], 5),
        ([(1, "sent", 3), (0, "sent", 5), (2, "sent", 4), (1, "ended", 6)], None),
        ([(1, "sent", 3), (0, "sent", 5), (2, "sent", 4), (1, "ended", 6), (2, "ended", 7)], 7),
        ([(0, "sent", 5), (1, "sent", 6)], 5),
        ([(1, "ended", 4), (0, "sent", 3)], 3),
        ([(0, "sent", 2), (0, "ended", 4), (0, "sent", 5)], 5),
    ],
)
def test_script_begins_when_those_before_it_have_ended(events: list[tuple[int, str, float]], start: float | None) -> None:
    known = workers(3)
    for worker, event, now in events:
        (known[worker].sent if event == "sent" else known[worker].ended)(now)
    assert known[0].start() == start


def test_worker_that_is_killed_has_no_script_any_more() -> None:
    board = ScriptBoard(memoryview(bytearray(2 * WORKER_BYTES)))
    first, second = (ScriptsOfWorkers(board, index) for index in range(2))
    second.sent(3)
    first.sent(5)
    board.ended(1, 8)
    assert first.start() == 8


def test_suspension_counts_for_all_workers_and_grows_whichever_stops_the_script() -> None:
    first, second, third = (Suspensions(one) for one in workers(3))
    assert first.suspend(READ, 100, restarted=False) == 10
    assert [one.left(READ, 104) for one in (first, second, third)] == [6, 6, 6]
    assert [one.left(FULL, 104) for one in (first, second, third)] == [0, 0, 0]
    assert second.suspend(READ, 111, restarted=False) == 20
    assert [one.left(READ, 121) for one in (first, second, third)] == [10, 10, 10]
    assert third.suspend(READ, 800, restarted=False) == 10


def test_successor_of_a_worker_knows_whom_that_has_suspended() -> None:
    board = ScriptBoard(memoryview(bytearray(WORKER_BYTES)))
    Suspensions(ScriptsOfWorkers(board, 0)).suspend(READ, 100, restarted=True)
    assert Suspensions(ScriptsOfWorkers(board, 0)).left(READ, 200) == 500


def test_what_ends_first_is_forgotten_when_there_is_no_room() -> None:
    first, second = workers(2)
    holders = [("holder", number) for number in range(100)]
    for number, holder in enumerate(holders):
        first.suspend(holder, 1000 + number, 10)
    first.suspend(holders[50], 5000, 20)
    assert [second.suspension(holder)[0] for holder in holders[36:]] == [*range(1036, 1050), 5000, *range(1051, 1100)]
    assert {second.suspension(holder) for holder in holders[:36]} == {(0.0, 0.0)}
    assert (second.is_any_suspended(4999), second.is_any_suspended(5000)) == (True, False)
