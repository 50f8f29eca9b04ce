"""Which processors take part in a measurement, and for what, so that contenders have the same.

The measured server has as many processors as it has threads or workers, for itself; all else, Redis and the load generators, has the rest.
Where there is no rest, all share all: the load and Redis then cost every contender the same processors that the server runs on.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

from bench import process

_ALL = sorted(os.sched_getaffinity(0))
EVERY = len(_ALL)
"""Number of processors of this machine that may be used."""


@contextmanager
def placed(server: int, others: Iterable[int], cores: int) -> Iterator[None]:
    """Places processes, and what this thread starts within the block; afterwards all of them may run anywhere again.

    Args:
        server: process id of the measured server, whose children are part of it.
        others: process ids of what it needs, such as Redis.
        cores: number of processors for the server.
    """
    own, rest = set(_ALL[:cores]), set(_ALL[cores:])
    if not rest:
        own = rest = set(_ALL)
    supporting = list(others)
    _place(server, own)
    for other in supporting:
        _place(other, rest)
    os.sched_setaffinity(0, rest)
    try:
        yield
    finally:
        os.sched_setaffinity(0, _ALL)
        for pid in (server, *supporting):
            _place(pid, set(_ALL))


def _place(pid: int, processors: set[int]) -> None:
    for thread in process.threads(pid):
        # It may have ended meanwhile.
        with suppress(ProcessLookupError):
            os.sched_setaffinity(thread, processors)
