"""Accepts the connections of clients from a socket that several workers have, so that all get equally many.

Connections live long, and a worker that has most of them would be busy while others are idle. Whoever is idle accepts first, which with
`SO_REUSEPORT` or without says nothing of that: of 64 connections one of two workers got up to 42 with it and up to all without. So a worker
that has more than another leaves the next one to that for a moment, and takes it if the other does not.

A connection that waits belongs to nobody yet; so none is lost when a worker dies.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

from kuberedis_core.logging import log
from kuberedis_sidecar.workers.supervisor import Worker

# How long a connection is left to others, and how many more than they a worker may have: some, and a part of what they have.
_PATIENCE_SECONDS = 0.002
_FREE = 1
_FREE_PART = 8
# After an error such as too many open files.
_ERROR_PAUSE_SECONDS = 0.2


class FairAcceptor:
    """Accepts for one worker, in a running event loop.

    Args:
        listening: The socket, which does not block.
        protocol: Makes the protocol of a connection.
        worker: Whose connections they become.
    """

    def __init__(self, listening: socket.socket, protocol: Callable[[], asyncio.Protocol], worker: Worker) -> None:
        self._loop = asyncio.get_running_loop()
        self._listening = listening
        self._protocol = protocol
        self._worker = worker
        self._opening: set[asyncio.Task[object]] = set()
        self._pause: asyncio.TimerHandle | None = None
        worker.board.connections[worker.index] = 0
        self._loop.add_reader(listening, self._look)

    def close(self) -> None:
        """Accept no more."""
        self._worker.board.leave(self._worker.index)
        self._loop.remove_reader(self._listening)
        if self._pause is not None:
            self._pause.cancel()

    def _look(self) -> None:
        board = self._worker.board
        fewest = board.fewest_connections()
        if board.connections[self._worker.index] > fewest + _FREE + fewest // _FREE_PART:
            self._wait(_PATIENCE_SECONDS)
        else:
            self._accept()

    def _wait(self, seconds: float) -> None:
        self._loop.remove_reader(self._listening)
        self._pause = self._loop.call_later(seconds, self._go_on)

    def _go_on(self) -> None:
        self._pause = None
        self._loop.add_reader(self._listening, self._look)
        self._accept()

    def _accept(self) -> None:
        try:
            accepted, _ = self._listening.accept()
        except (BlockingIOError, ConnectionAbortedError):
            # Another worker was quicker, or the client is gone.
            return
        except OSError as error:
            log.error("connection_not_accepted", reason=error.strerror)
            self._wait(_ERROR_PAUSE_SECONDS)
            return
        opening = self._loop.create_task(self._open(accepted))
        self._opening.add(opening)
        opening.add_done_callback(self._opening.discard)

    async def _open(self, accepted: socket.socket) -> None:
        try:
            await self._loop.connect_accepted_socket(self._protocol, accepted)
        except OSError:
            # The client is gone.
            accepted.close()
