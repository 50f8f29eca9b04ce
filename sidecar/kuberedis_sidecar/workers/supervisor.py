"""The worker processes of a sidecar with more than one: who starts them, watches them and ends them.

Theory of operation. A process that has imported everything, has read the settings and listens forks the workers and is from then on their
supervisor: it serves nothing, has no event loop, and waits for signals. What it imported is frozen before, so that the collector does not
write to memory that all of them share.

- *Serving.* Each worker is a whole gateway with its own event loop, connections to Redis and ACL users, whose names do not collide, as
  those of several sidecars of one Redis do not. All accept from the one listening socket, see `http.fair_acceptor`.
- *Limits.* Each worker has an equal part of every limit, see `parts`, so that all together have what the settings say.
- *Scripts.* Redis executes one at a time. Each worker sends one at a time, measures its time from the end of those that others had sent
  before, and refuses whom any of them has suspended, see `script_board`.
- *Once.* The first worker alone does what must not be done twice: it applies settings and passwords to the pod's Redis, keeps the figures
  of the last hour, and is the agent of a member, with its control socket and its certificates. The other workers of a member look at
  Redis and Sentinels as well, so that each follows the primary by itself, but change nothing. Files are read by every worker: keys,
  revoked tokens, certificates for other members.
- *Telling.* Every worker writes what it has counted onto the `Board` several times a second, and whoever is asked for metrics, readiness or
  the report of the member answers for all (`gateway.colleagues`).
- *SIGTERM or SIGINT.* The supervisor passes it on; every worker drains, and the supervisor ends after the last one. One that takes longer
  than the grace period, and some seconds, is killed.
- *A worker ends unasked.* Its connections are lost, but those that were not accepted yet are accepted by others. Another one takes its
  place, and its counters: at once the first time, and after growing pauses if it does not live. A successor of the first worker finds what
  a sidecar finds that is started again, and does the same.
- *The supervisor is killed.* The workers hold the reading end of a pipe that only it could write to; when that ends, they drain.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

from kuberedis_core.backoff import backoff_seconds
from kuberedis_core.logging import log
from kuberedis_sidecar.workers.board import Board

_SIGNALS = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGCHLD})
_FIRST_PAUSE_SECONDS = 0.2
_LONGEST_PAUSE_SECONDS = 10.0
# One that lived for so long was all right.
_LONG_LIFE_SECONDS = 60.0
# How long a worker may take beyond the grace period.
_END_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Worker:
    """The place of a worker process among the others."""

    index: int
    """Counted from 0."""
    board: Board
    supervised: int
    """File descriptor that becomes readable when the supervisor is gone."""

    @property
    def is_first(self) -> bool:
        """Whether this is the worker that does what must be done once."""
        return self.index == 0

    def take_signals(self) -> None:
        """Let signals come, once there are handlers for them."""
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)


class Supervisor:
    """Runs worker processes until a signal ends them.

    Args:
        board: What the workers tell each other; its number of workers is started.
        serve: What a worker does until it is told to end; returns its exit code. Called in a process of its own.
        grace_seconds: How long a worker may take to finish running requests.
    """

    def __init__(self, board: Board, serve: Callable[[Worker], int], grace_seconds: float) -> None:
        self._board = board
        self._serve = serve
        self._grace_seconds = grace_seconds
        self._supervised, self._supervising = os.pipe()
        self._running: dict[int, tuple[int, float]] = {}
        """Worker and time of its start, by process id."""
        self._due: dict[int, float] = {}
        """When a worker is to be started again."""
        self._failures = [0] * board.workers
        self._kill_at: float | None = None
        self._code = 0

    def run(self) -> int:
        """Start the workers, and return when all have ended after SIGTERM or SIGINT: 0 if they all did so in time."""
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        for index in range(self._board.workers):
            self._start(index)
        while self._running or self._due:
            received = self._wait()
            if received is None:
                self._act_on_time()
            elif received.si_signo == signal.SIGCHLD:
                self._collect()
            elif self._kill_at is None:
                self._drain()
        return self._code

    def _wait(self) -> signal.struct_siginfo | None:
        """The next signal; None if something has to be done before."""
        times = [*self._due.values(), *([self._kill_at] if self._kill_at is not None else [])]
        if not times:
            return signal.sigwaitinfo(_SIGNALS)
        return signal.sigtimedwait(_SIGNALS, max(0.0, min(times) - monotonic()))

    def _act_on_time(self) -> None:
        now = monotonic()
        for index in [index for index, time in self._due.items() if time <= now]:
            del self._due[index]
            self._start(index)
        if self._kill_at is not None and self._kill_at <= now:
            log.error("workers_killed", workers=len(self._running), reason="they did not end in time")
            self._kill_at = now + _END_SECONDS
            self._signal(signal.SIGKILL)

    def _start(self, index: int) -> None:
        pid = os.fork()
        if pid:
            self._running[pid] = index, monotonic()
            self._board.started(index, pid)
            return
        code = 1
        try:
            os.close(self._supervising)
            code = self._serve(Worker(index, self._board, self._supervised))
        except Exception:  # noqa: BLE001
            log.exception("worker_failed", worker=index)
        finally:
            sys.stderr.flush()
            # Not back into what the supervisor is doing.
            os._exit(code)

    def _collect(self) -> None:
        """Take notice of workers that have ended, and have others take their places."""
        while self._running:
            pid, status, usage = os.wait4(-1, os.WNOHANG)
            if not pid:
                return
            if pid not in self._running:
                continue
            index, began = self._running.pop(pid)
            code = os.waitstatus_to_exitcode(status)
            self._board.ended(index, usage.ru_utime + usage.ru_stime)
            if self._kill_at is not None:
                self._code = self._code or int(code != 0)
            else:
                self._replace(index, code, monotonic() - began)

    def _replace(self, index: int, code: int, lived: float) -> None:
        self._failures[index] = failures = 1 if lived >= _LONG_LIFE_SECONDS else self._failures[index] + 1
        pause = 0.0 if failures == 1 else backoff_seconds(failures - 1, first=_FIRST_PAUSE_SECONDS, longest=_LONGEST_PAUSE_SECONDS)
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        log.error("worker_ended", worker=index, reason=how, consequence=f"another one is started in {pause:.1f} s")
        self._due[index] = monotonic() + pause

    def _drain(self) -> None:
        self._due.clear()
        self._kill_at = monotonic() + self._grace_seconds + _END_SECONDS
        log.info("draining", grace_seconds=self._grace_seconds)
        self._signal(signal.SIGTERM)

    def _signal(self, number: signal.Signals) -> None:
        for pid in self._running:
            os.kill(pid, number)
