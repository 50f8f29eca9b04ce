"""One child process that forwards a port of this machine into the cluster."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from contextlib import suppress

from kuberedis_core.one_line import one_line
from kuberedis_dashboard.errors import Unavailable

START_SECONDS = 15.0
_END_SECONDS = 5.0
_LONGEST_LINE = 4096
_FORWARDING = re.compile(rb"Forwarding from 127\.0\.0\.1:([0-9]{1,5}) -> ")
_ADVICE = "Try the same by kubectl: it needs the right to `create` on `pods/portforward`, and to `get` pods and Services."


class PortForward:
    """A child that starts at once, and runs until `end`.

    Args:
        command: The command line, of `kubectl port-forward` with a free port.

    Attributes:
        users: How many use it at the moment.
        uses: How often it was used.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self.users = 0
        self.uses = 0
        self._port: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._run(command))

    @property
    def is_ending(self) -> bool:
        """Whether no further request can be sent through it."""
        return self._task.done() or self._task.cancelling() > 0

    async def port(self) -> int:
        """The port on 127.0.0.1.

        Raises:
            Unavailable: kubectl does not forward; the message has its words.
        """
        try:
            async with asyncio.timeout(START_SECONDS):
                return await asyncio.shield(self._port)
        except TimeoutError:
            self.end()
            raise Unavailable(f"kubectl port-forward did not begin within {START_SECONDS:.0f} s", _ADVICE) from None

    def end(self) -> None:
        """End the child; this may be called again."""
        # A second cancellation would not wait for the child.
        if not self.is_ending:
            self._task.cancel()

    async def ended(self) -> None:
        """Return when the child has ended."""
        await asyncio.wait([self._task])

    async def _run(self, command: Sequence[str]) -> None:
        said = "it ended"
        try:
            # Its standard input is a pipe, by the end of which a child that is tied to this process sees that it is gone.
            child = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                limit=_LONGEST_LINE,
            )
            try:
                said = await self._listen(child) or said
            finally:
                await _end(child)
        except OSError as error:
            said = str(error)
        finally:
            if not self._port.done():
                problem = one_line(said).removeprefix("error: ")
                self._port.set_exception(Unavailable(f"kubectl port-forward: {problem}", _ADVICE))
                # Whoever waited may have gone.
                self._port.exception()

    async def _listen(self, child: asyncio.subprocess.Process) -> str:
        """Read what it says until it ends; returns its last line that is not about a connection."""
        said = b""
        assert child.stdout is not None  # noqa: S101 it is a pipe
        while line := await _line(child.stdout):
            if match := _FORWARDING.match(line):
                if not self._port.done():
                    self._port.set_result(int(match[1]))
            elif not line.startswith(b"Handling connection"):
                said = line
        return said.decode(errors="replace")


async def _line(stream: asyncio.StreamReader) -> bytes:
    try:
        return await stream.readline()
    except ValueError:
        # It is longer than any line that matters, and dropped.
        return b"..."


async def _end(child: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        child.terminate()
        try:
            async with asyncio.timeout(_END_SECONDS):
                await child.wait()
        except TimeoutError:
            child.kill()
            await child.wait()
