"""What workers tell each other of scripts: Redis executes one at a time, whichever sent it, and all suspend whose script was stopped.

It is a part of the memory that they share (`workers.board`), and each of its parts has one writer. Times are seconds of the monotonic
clock, which is the same in all processes.
"""

from __future__ import annotations

from collections.abc import Hashable
from hashlib import blake2b

# When the script of a worker was sent, 0 if there is none; when the one before ended; until when the worker suspends anybody.
_TIMES_BYTES = 24
_SENT, _ENDED, _LATEST = range(3)
# Who is suspended, until when and for how many seconds.
_KEY_BYTES, _NUMBERS_BYTES = 16, 16
_RECORDS = 64
WORKER_BYTES = _TIMES_BYTES + _RECORDS * (_KEY_BYTES + _NUMBERS_BYTES)
"""Bytes of memory for each worker."""


class ScriptBoard:
    """The memory.

    Args:
        memory: `WORKER_BYTES` for each worker, all zero.
    """

    def __init__(self, memory: memoryview) -> None:
        self.parts = [memory[start : start + WORKER_BYTES] for start in range(0, len(memory), WORKER_BYTES)]
        self.times = [part[:_TIMES_BYTES].cast("d") for part in self.parts]

    def ended(self, index: int, now: float) -> None:
        """Note that no script of a worker runs any more."""
        times = self.times[index]
        if times[_SENT]:
            times[_SENT], times[_ENDED] = 0.0, now


class ScriptsOfWorkers:
    """The memory, as one worker uses it.

    Args:
        board: The memory.
        index: Which worker.
    """

    def __init__(self, board: ScriptBoard, index: int) -> None:
        self._board = board
        self._index = index
        self._own = board.parts[index]
        self._times = board.times[index]
        self._others = [number for number in range(len(board.parts)) if number != index]

    def sent(self, now: float) -> None:
        """Note that a script of this worker is sent."""
        self._times[_SENT] = now

    def ended(self, now: float) -> None:
        """Note that it does not run any more."""
        self._board.ended(self._index, now)

    def start(self) -> float | None:
        """When Redis began with the script that was sent last; None while it is busy with another one, which was sent before.

        What ended after it was sent was executed before.
        """
        start = self._times[_SENT]
        for other in self._others:
            times = self._board.times[other]
            if 0.0 < times[_SENT] < self._times[_SENT]:
                return None
            start = max(start, times[_ENDED])
        return start

    def suspend(self, holder: Hashable, until: float, seconds: float) -> None:
        """Tell the others of a suspension. It takes the place of that of the same holder, or of the one that ends first."""
        key, records = _key(holder), range(_TIMES_BYTES, WORKER_BYTES, _KEY_BYTES + _NUMBERS_BYTES)
        place = min(records, key=lambda start: (self._own[start : start + _KEY_BYTES] != key, self._numbers(self._own, start)[0]))
        numbers = self._numbers(self._own, place)
        # Whoever reads it meanwhile finds the one before, or one that has ended.
        numbers[0] = 0.0
        self._own[place : place + _KEY_BYTES] = key
        numbers[1], numbers[0] = seconds, until
        self._times[_LATEST] = max(self._times[_LATEST], until)

    def suspension(self, holder: Hashable) -> tuple[float, float]:
        """Until when any worker suspends a holder, and for how many seconds; of several, what ends last; zeros if none does."""
        key, found = _key(holder), (0.0, 0.0)
        for part in self._board.parts:
            place = bytes(part).find(key, _TIMES_BYTES)
            if place >= 0:
                until, seconds = self._numbers(part, place)
                found = max(found, (until, seconds))
        return found

    def is_any_suspended(self, now: float) -> bool:
        """Whether any worker suspends anybody."""
        return any(times[_LATEST] > now for times in self._board.times)

    @property
    def workers(self) -> int:
        """Number of workers."""
        return len(self._board.parts)

    @staticmethod
    def _numbers(part: memoryview[int], place: int) -> memoryview[float]:
        return part[place + _KEY_BYTES : place + _KEY_BYTES + _NUMBERS_BYTES].cast("d")


def _key(holder: Hashable) -> bytes:
    return blake2b(repr(holder).encode(), digest_size=_KEY_BYTES).digest()
