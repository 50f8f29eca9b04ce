"""The guard of a server: a FIFO into which the sidecar writes a line when a script keeps the server from ever answering again."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

_LINE_BYTES = 512


class Guard:
    """A FIFO that is read in the running event loop.

    Args:
        path: Path of the FIFO, in a private folder; it is made if it is missing.
        kill: Called when something was written.
    """

    def __init__(self, path: Path, kill: Callable[[], None]) -> None:
        self._kill = kill
        if not path.exists():
            os.mkfifo(path, 0o600)
        # Open for writing too: a FIFO without a writer is at its end, and would be read for ever.
        self._descriptor = os.open(path, os.O_RDWR | os.O_NONBLOCK)
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._descriptor, self._read)

    def close(self) -> None:
        """Read no more."""
        self._loop.remove_reader(self._descriptor)
        os.close(self._descriptor)

    def _read(self) -> None:
        os.read(self._descriptor, _LINE_BYTES)
        self._kill()
