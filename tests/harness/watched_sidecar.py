"""`python -m tests.harness.watched_sidecar FILE`: the sidecar as it is, which writes down how long turns of its event loop take.

What is written is CPU time: a process that waits for a processor of a busy machine does not hold up anybody.
"""

import asyncio
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import uvloop

from kuberedis_sidecar.serving import serve

_EVERY_SECONDS = 0.001
_WORTH_WRITING_SECONDS = 0.005


@dataclass(frozen=True)
class Turn:
    """A turn that took long: when it ended, in seconds of the monotonic clock, and the seconds of CPU time that it took."""

    ended: float
    seconds: float


def turns(file: Path) -> list[Turn]:
    """The turns that are in a file."""
    return [Turn(*map(float, line.split())) for line in file.read_text().splitlines()]


def watch(loop: asyncio.AbstractEventLoop, file: Path) -> None:
    """Write down each turn of a loop that takes more than a few milliseconds, with the millisecond before it."""
    lines = file.open("a", buffering=1)
    began = time.thread_time()

    def end() -> None:
        nonlocal began
        seconds = time.thread_time() - began
        if seconds > _WORTH_WRITING_SECONDS:
            lines.write(f"{time.monotonic()} {seconds}\n")
        began = time.thread_time()
        loop.call_later(_EVERY_SECONDS, end)

    loop.call_soon(end)


if __name__ == "__main__":
    new_event_loop = uvloop.new_event_loop

    def watched() -> uvloop.Loop:
        """An event loop that is watched from its beginning."""
        loop = new_event_loop()
        watch(loop, Path(sys.argv[1]))
        return loop

    uvloop.new_event_loop = watched
    sys.exit(serve())
