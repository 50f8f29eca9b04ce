"""What several workers share: a memory in which a text is whole or not there, counts that add up, and limits that are divided."""

import signal
from dataclasses import replace
from os import WTERMSIG, _exit, fork, getpid, kill, waitpid
from pathlib import Path

import orjson
import pytest

from kuberedis_core.recent import SERIES
from kuberedis_sidecar.api.model import Response
from kuberedis_sidecar.settings import Settings
from kuberedis_sidecar.telemetry.recent_series import RecentSeries
from kuberedis_sidecar.telemetry.request_metrics import RequestMetrics
from kuberedis_sidecar.workers.board import Board, BoardFull
from kuberedis_sidecar.workers.parts import most_workers, part_of

SETTINGS = Settings(instance="cache", auth_dir=Path("/"), base_path="/cache", workers=3, memory_bytes=640 * 2**20)


def test_text_of_another_process_is_whole_though_that_is_killed_while_it_writes() -> None:
    board = Board(2)
    assert board.states[1].read() == b""
    texts = [bytes([number]) * 300_000 for number in range(2)]
    writer = fork()
    if not writer:
        try:
            while True:
                for text in texts:
                    board.states[1].write(text)
        finally:
            _exit(1)
    while not board.states[1].read():
        pass
    seen = {board.states[1].read() for _ in range(200)}
    kill(writer, signal.SIGKILL)
    assert WTERMSIG(waitpid(writer, 0)[1]) == signal.SIGKILL
    assert seen | {board.states[1].read()} <= {b"", *texts}
    assert board.states[1].read() in texts


def test_text_that_is_too_long_is_refused_and_the_one_before_stays() -> None:
    text = Board(2).recent
    text.write(b"before")
    with pytest.raises(BoardFull):
        text.write(bytes(2**22))
    assert text.read() == b"before"


def test_board_knows_who_serves() -> None:
    board = Board(2)
    board.connections[0] = 7
    board.started(0, 41)
    board.started(1, 42)
    assert (board.serves(0), board.serves(1), board.fewest_connections(), board.processes) == (True, False, 7, [getpid(), 41, 42])
    board.ended(0, 1.5)
    assert (board.serves(0), board.processes, board.ended_cpu_seconds) == (False, [getpid(), 42], 1.5)
    assert (board.may_kill(60), board.may_kill(60)) == (True, False)


def test_counts_of_several_add_up() -> None:
    counted = []
    for status in (200, 503):
        metrics = RequestMetrics()
        metrics.observe("/get", "GET", Response(status, b"12345"), 0.002, 0.001)
        metrics.received_bytes, metrics.streamed_bytes = 3, 4
        counted.append(orjson.loads(orjson.dumps(metrics.counts())))
    total = RequestMetrics()
    for counts in (*counted, counted[0]):
        total.add(counts)
    assert [(route, status, sum(durations.buckets)) for route, _, status, durations in total.rows()] == [("/get", 200, 2), ("/get", 503, 1)]
    assert (total.received_bytes, total.sent_bytes, total.refusals()["unavailable"]) == (9, 12 + 15, 1)
    assert total.redis_durations().seconds == pytest.approx(0.003)
    assert sum(total.redis_durations().buckets) == 3


def test_figures_of_the_last_hour_go_on_in_another_process() -> None:
    first, second = RecentSeries(), RecentSeries()
    first.add(100, [1.0] * len(SERIES))
    second.resume(first.document("cache"))
    second.add(102, [2.0] * len(SERIES))
    document = second.document("cache")
    assert (document.now, [str(point) for point in document.series["keys"]]) == (1020, ["1.0", "nan", "2.0"])


def test_workers_have_together_what_one_would_have() -> None:
    parts = [part_of(SETTINGS, index) for index in range(3)]
    for limit in ("max_requests", "max_blocking_connections", "max_subscribers", "max_grants"):
        values = [getattr(part, limit) for part in parts]
        assert sum(values) == getattr(SETTINGS, limit)
        assert max(values) - min(values) <= 1
    assert [part.memory_bytes // 2**20 for part in parts] == [96 + (640 - 96 - 64) // 3] * 3


def test_no_worker_has_nothing_of_a_limit() -> None:
    assert most_workers(SETTINGS) == 3
    assert most_workers(replace(SETTINGS, max_blocking_connections=2)) == 2
