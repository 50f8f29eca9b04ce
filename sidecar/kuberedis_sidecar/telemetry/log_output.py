"""Standard output for the lines of the log.

- While requests are served, nothing waits for the reader. What it does not take at once is kept, up to a limit; lines beyond that are left
  out, and a line says how many once it reads again.
- Several workers may write to one pipe, which keeps apart only what is written at once and is no longer than PIPE_BUF (pipe(7)). So lines
  are written in pieces of at most that size, which end with a line unless one line is longer. A process that writes alone takes larger
  ones, which wake the reader less often: a line then takes a third of the time to write.
- Lines are in the order in which they were added, whoever added them.
"""

from __future__ import annotations

import errno
import io
import os
import select
import stat
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from time import monotonic
from typing import TYPE_CHECKING

import orjson

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

    from _typeshed import ReadableBuffer

# Lines of requests that are about PIPE_BUF bytes.
_LINES = 16
# How many times as much is written at once by a process that writes alone.
_ALONE = 4
_SOON_SECONDS = 0.1
_MOST_BYTES = 2**20
_UNSUPPORTED = frozenset((errno.EOPNOTSUPP, errno.ENOSYS, errno.ESPIPE, errno.EINVAL))


class LogOutput(io.RawIOBase):
    """A stream of whole lines; it waits for its reader until `start`, as other streams do.

    Args:
        descriptor: Of the open file, which is not closed.
    """

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self._descriptor = descriptor
        self._poll = select.poll()
        self._poll.register(descriptor, select.POLLOUT)
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            self._write = self._write_to_file
        else:
            self._write = self._write_without_waiting if hasattr(os, "RWF_NOWAIT") else self._write_if_ready
        self.lines: list[bytes] = []
        """Lines that are not urgent, to be added here: `soon` after the first, and `flush` when there are `together`."""
        self.together = _LINES
        self._most = select.PIPE_BUF
        self._pieces: deque[bytes] = deque()
        self._kept_bytes = 0
        self._left_out = 0
        # Reentrant, because the garbage collector may run anything that logs.
        self._lock = threading.RLock()
        self._loop: AbstractEventLoop | None = None
        self._waits = True
        self._due = False

    def start(self, loop: AbstractEventLoop | None) -> None:
        """From now on wait for nobody; `loop` is the one that must not be delayed, and without one what is kept waits for the next line."""
        self._loop = loop
        self._waits = False
        self._due = False

    def write_alone(self) -> None:
        """From now on no other process writes to the file."""
        self.together = _ALONE * _LINES
        self._most = _ALONE * select.PIPE_BUF

    def soon(self) -> None:
        """Write `lines` within a tenth of a second. Only for the thread of the event loop."""
        if self._loop is None:
            self.flush()
        elif not self._due:
            self._due = True
            self._loop.call_later(_SOON_SECONDS, self._continue)

    def flush(self) -> None:
        """Write what the reader takes now."""
        with self._lock:
            lines = self.lines[:]
            # Another thread may have added one in between.
            del self.lines[: len(lines)]
            data = b"".join(lines)
            if not self._pieces and not self._left_out and 0 < len(data) <= self._most:
                # As nearly always.
                with suppress(OSError):
                    data = data[self._write(data) :]
            if data:
                self._keep(data)
            self._send()

    def write(self, data: ReadableBuffer) -> int:
        """Write a line now, after those that were added before."""
        line = bytes(data)
        self.lines.append(line)
        self.flush()
        if self._pieces and (loop := self._loop) is not None and not loop.is_closed():
            # Whatever thread this is.
            loop.call_soon_threadsafe(self.soon)
        return len(line)

    def writable(self) -> bool:
        """It is."""
        return True

    def finish(self, seconds: float) -> None:
        """Write what is left, and wait for the reader for that long at most."""
        end = monotonic() + seconds
        self.flush()
        while self._pieces and (left := end - monotonic()) > 0 and self._poll.poll(left * 1000):
            self.flush()
        self._loop = None

    def forget(self) -> None:
        """Keep nothing any more: in a new process, which has a copy of what its parent will write."""
        self.lines.clear()
        self._pieces.clear()
        self._kept_bytes = self._left_out = 0

    def _continue(self) -> None:
        self._due = False
        self.flush()
        if self._pieces:
            self.soon()

    def _keep(self, data: bytes) -> None:
        if self._kept_bytes + len(data) > _MOST_BYTES:
            self._left_out += data.count(b"\n")
            return
        self._kept_bytes += len(data)
        self._pieces.extend(pieces(data, self._most))

    def _send(self) -> None:
        while self._pieces:
            piece = self._pieces[0]
            try:
                written = self._write(piece)
            except BlockingIOError:
                if not self._waits:
                    return
                self._poll.poll()
                continue
            except OSError:
                # The reader is gone, or the disk is full, and nobody can be told but the next reader.
                self._left_out += sum(piece.count(b"\n") for piece in self._pieces)
                self._pieces.clear()
                self._kept_bytes = 0
                return
            self._kept_bytes -= written
            if written < len(piece):
                self._pieces[0] = piece[written:]
                continue
            self._pieces.popleft()
            if self._left_out and not self._pieces:
                lines, self._left_out = self._left_out, 0
                self._keep(_notice(lines))

    def _write_to_file(self, piece: bytes) -> int:
        # A disk is waited for: a file has no reader who could stop.
        return os.write(self._descriptor, piece)

    def _write_without_waiting(self, piece: bytes) -> int:
        try:
            # At -1 it is written where the file stands, as by write(2); see pwritev2(2).
            return os.pwritev(self._descriptor, [piece], -1, os.RWF_NOWAIT)
        except OSError as error:
            if error.errno not in _UNSUPPORTED:
                raise
            # As for pipes before Linux 6.4.
            self._write = self._write_if_ready
            return self._write(piece)

    def _write_if_ready(self, piece: bytes) -> int:
        if not self._poll.poll(0):
            raise BlockingIOError
        # A pipe that is ready takes PIPE_BUF bytes at once, unless another worker is faster: then this waits for the reader after all.
        return os.write(self._descriptor, piece[: select.PIPE_BUF])


@cache
def standard_output() -> LogOutput:
    """That of this process."""
    output = LogOutput(1)
    os.register_at_fork(after_in_child=output.forget)
    return output


def pieces(data: bytes, most: int) -> Iterator[bytes]:
    """Lines in pieces of at most so many bytes, which end with a line unless one line is longer."""
    start = 0
    while start < len(data):
        end = len(data) if len(data) - start <= most else data.rfind(b"\n", start, start + most) + 1 or start + most
        yield data[start:end]
        start = end


def _notice(lines: int) -> bytes:
    line = {"level": "warning", "lines": lines, "event": "log_lines_left_out", "timestamp": datetime.now(UTC)}
    return orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z)
