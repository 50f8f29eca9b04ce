"""What the workers of a sidecar tell each other: memory that is shared by all processes forked after it was made.

Each part of it has one writer at a time, so that there are no locks, which a process that is killed would hold forever.
"""

from __future__ import annotations

import mmap
import os
import zlib
from time import monotonic

from kuberedis_sidecar.workers.script_board import WORKER_BYTES, ScriptBoard

_AWAY = 2**32 - 1
_HEAD_BYTES = 4096
# Some ten times what a worker has to say once it has served requests of every kind.
_TEXT_BYTES = 2 * 2**20
_TRIES = 3


class BoardFull(Exception):
    """A text is longer than there is room for."""


class Text:
    """A text that one process writes and all read, whole or not at all, though the writer may be killed at any time.

    There are two places for it. The next one is written where the present one is not, and then becomes the present one.

    Args:
        memory: The shared memory, whose pages take none as long as nothing is written to them.
    """

    def __init__(self, memory: memoryview) -> None:
        self._present = memory[:1]
        self._checks = memory[8:24].cast("I")
        self._places = tuple(memory[_HEAD_BYTES + place * _TEXT_BYTES :][:_TEXT_BYTES] for place in range(2))

    def write(self, text: bytes) -> None:
        """Replace the text.

        Raises:
            BoardFull: It is too long.
        """
        if len(text) > _TEXT_BYTES:
            raise BoardFull(f"{len(text)} bytes are more than the {_TEXT_BYTES} that there is room for")
        place = 1 - self._present[0]
        self._places[place][: len(text)] = text
        self._checks[2 * place], self._checks[2 * place + 1] = len(text), zlib.crc32(text)
        self._present[0] = place

    def read(self) -> bytes:
        """The text; empty if there is none yet."""
        for _ in range(_TRIES):
            place = self._present[0]
            size, check = self._checks[2 * place], self._checks[2 * place + 1]
            text = bytes(self._places[place][: min(size, _TEXT_BYTES)])
            if zlib.crc32(text) == check:
                return text
        return b""


class Board:
    """The shared memory.

    Args:
        workers: How many there are.

    Attributes:
        connections: How many clients are connected to each worker; to be changed only by that worker, or with `leave`.
        states: What each worker says of itself.
        recent: The figures of the last hour, by the first worker.
        scripts: The scripts of all workers.
    """

    def __init__(self, workers: int) -> None:
        self.workers = workers
        size = _HEAD_BYTES + 2 * _TEXT_BYTES
        texts_end = _HEAD_BYTES + (workers + 1) * size
        memory = memoryview(mmap.mmap(-1, texts_end + workers * WORKER_BYTES))
        self.connections = memory[: 4 * workers].cast("I")
        self._pids = memory[256 : 256 + 4 * workers].cast("I")
        self._beats = memory[512 : 512 + 8 * workers].cast("d")
        self._seconds = memory[1024:1040].cast("d")
        texts = [Text(memory[_HEAD_BYTES + number * size :][:size]) for number in range(workers + 1)]
        self.states, self.recent = texts[:-1], texts[-1]
        self.scripts = ScriptBoard(memory[texts_end:])
        self._supervisor = os.getpid()
        for index in range(workers):
            self.leave(index)

    def started(self, index: int, pid: int) -> None:
        """Note the process of a worker, as its supervisor."""
        self._pids[index] = pid

    def ended(self, index: int, cpu_seconds: float) -> None:
        """Note that a worker has ended and how much processor time it took, as its supervisor."""
        self._pids[index] = 0
        self.leave(index)
        self.scripts.ended(index, monotonic())
        self._seconds[0] += cpu_seconds

    @property
    def processes(self) -> list[int]:
        """The ids of the supervisor and of all workers that run."""
        return [self._supervisor, *filter(None, self._pids)]

    @property
    def ended_cpu_seconds(self) -> float:
        """The processor time of workers that have ended."""
        return self._seconds[0]

    def leave(self, index: int) -> None:
        """Note that a worker accepts no connections."""
        self.connections[index] = _AWAY

    def serves(self, index: int) -> bool:
        """Whether a worker accepts connections."""
        return self.connections[index] != _AWAY

    def fewest_connections(self) -> int:
        """The number of connections of the worker that has fewest, of those that accept any."""
        return min(self.connections)

    def beat(self, index: int) -> None:
        """Note that a worker is alive at this moment."""
        self._beats[index] = monotonic()

    def silent_seconds(self, index: int) -> float:
        """For how long nothing was heard of a worker."""
        return monotonic() - self._beats[index]

    def may_kill(self, pause_seconds: float) -> bool:
        """Whether the pod's Redis may be killed: nobody has asked for that within the last `pause_seconds`. Then it counts as asked for."""
        now = monotonic()
        if now < self._seconds[1] + pause_seconds:
            return False
        self._seconds[1] = now
        return True
