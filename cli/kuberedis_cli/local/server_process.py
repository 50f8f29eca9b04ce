"""A server program as a child process: it ends with the process that started it, and writes to a log file."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from pathlib import Path

from kuberedis_cli.child_process import tied_to_parent
from kuberedis_cli.errors import RedisServerError
from kuberedis_cli.local.private_files import open_file

STOP_SECONDS = 10
"""Time to write the data out after SIGTERM; then SIGKILL."""


class ServerProcess:
    """A server that can be started again after it ended.

    Args:
        command: Its command line; the first is the path of the program.
        log: File for what it writes.
        lock: File descriptor that it holds open while it lives.
    """

    def __init__(self, command: Sequence[str], log: Path, lock: int) -> None:
        self._command = command
        self._name = Path(command[0]).name
        self._log = log
        self._lock = lock
        self._process: asyncio.subprocess.Process | None = None
        log.unlink(missing_ok=True)

    @property
    def pid(self) -> int | None:
        """Its process id; None while it does not run."""
        return self._process.pid if self._process is not None and self._process.returncode is None else None

    @property
    def log_bytes(self) -> int:
        """Size of its log."""
        return self._log.stat().st_size if self._log.exists() else 0

    def read_log(self, offset: int = 0) -> str:
        """What it wrote from this byte of its log on."""
        return self._log.read_bytes()[offset:].decode(errors="replace")

    async def start(self, answers: Callable[[], Awaitable[None]]) -> None:
        """Start the program, and wait until it answers.

        Args:
            answers: Waits for an answer, for as long as that takes.

        Raises:
            RedisServerError: It ends instead; the text has the last line of its log.
        """
        await self._spawn()
        answer = asyncio.ensure_future(answers())
        end = asyncio.ensure_future(self.ended())
        try:
            await asyncio.wait({answer, end}, return_when=asyncio.FIRST_COMPLETED)
            if not answer.done():
                raise RedisServerError(end.result())
            await answer
        finally:
            answer.cancel()
            end.cancel()

    async def ended(self) -> str:
        """Wait until the program that was started ends; a sentence about how it ended."""
        if self._process is None:
            raise RedisServerError(f"{self._name} was never started")
        code = await self._process.wait()
        if code < 0:
            return f"{self._name} was killed by {signal.Signals(-code).name}"
        return f"{self._name} ended with exit code {code}: {self._last_log_line()} (log: {self._log})"

    def kill(self) -> None:
        """End it at once, if it runs."""
        if (pid := self.pid) is not None:
            os.killpg(pid, signal.SIGKILL)

    async def stop(self) -> None:
        """End it, by force when it takes too long. Without a running program this does nothing."""
        if self._process is None or self._process.returncode is not None:
            return
        for _ in range(STOP_SECONDS):  # Redis ignores a signal that comes while it writes its first append-only file
            self._process.terminate()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), 1)
                return
        self.kill()
        await self._process.wait()

    async def _spawn(self) -> None:
        with os.fdopen(open_file(self._log, os.O_WRONLY | os.O_CREAT | os.O_APPEND), "ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *tied_to_parent(self._command),
                stdin=asyncio.subprocess.PIPE,
                stdout=log,
                stderr=log,
                pass_fds=(self._lock,),
                start_new_session=True,
            )

    def _last_log_line(self) -> str:
        lines = self.read_log().splitlines()
        return next((line for line in reversed(lines) if line.strip()), "it wrote nothing")
