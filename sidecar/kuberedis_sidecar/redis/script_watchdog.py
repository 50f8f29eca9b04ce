"""Stops a script, or a function, that runs for too long.

Theory of operation: while a script runs, Redis reads nothing. After its ``busy-reply-threshold`` it reads now and then, answers most
commands with BUSY, and takes those that stop the script. They are sent on a connection that was logged in before, until the caller says
that the script has ended. What Redis replies decides:

- OK: the script ends at its next line.
- NOTBUSY: the script has not begun yet, or has just ended.
- BUSY: it is a function, which another command stops.
- UNKILLABLE: it has written, and Redis does not leave half of its writes. The server is shut down without them. With an append-only file
  that loses no acknowledged write: Redis writes the file out before it ends. Its container, or local mode, starts it again.
- Nothing: the script is inside a single call that Redis cannot interrupt, such as the match of a pattern. Nobody else is kept waiting, and
  after some time the server is killed by its guard, where it has one.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

from kuberedis_core.logging import log
from kuberedis_sidecar.errors import ErrorReply, RedisUnavailable
from kuberedis_sidecar.redis.shared_connection import SharedConnection

# Both after the limit of a script.
_PATIENCE_SECONDS = 0.7
_KILL_SECONDS = 5.0
_AGAIN_SECONDS = 0.05

ANSWER_SECONDS = 86400.0
"""Time limit of a command on the watchdog's connection: it is there to wait for as long as Redis does not answer."""


class ScriptWatchdog:
    """Stops scripts of one server.

    Args:
        connection: A connection of the administrator that is used for nothing else. To log in has to be all that its login does: that
            works while a script runs.
        guard: FIFO whose reader kills the server; None if there is none.
        instance: Name of the instance, for the log.
    """

    def __init__(self, connection: SharedConnection, guard: Path | None, instance: str) -> None:
        self._connection = connection
        self._guard = guard
        self._instance = instance

    async def stop(self, is_running: Callable[[], bool], on_restart: Callable[[], None], on_no_answer: Callable[[], None]) -> None:
        """Stop the script that runs.

        Args:
            is_running: Whether it still runs.
            on_restart: Called before the server is ended for its sake.
            on_no_answer: Called when Redis does not answer, so that all who wait have to be told; `is_running` may be false from then on.
        """
        kind = "SCRIPT"
        deadline = asyncio.get_running_loop().time() + _KILL_SECONDS
        while is_running():
            answer = await self._ask((kind, "KILL"), deadline, on_no_answer)
            if answer.startswith("BUSY"):
                kind = "FUNCTION" if kind == "SCRIPT" else "SCRIPT"
            elif answer.startswith("UNKILLABLE"):
                on_restart()
                log.error("script_not_stopped", instance=self._instance, reason="it has written", consequence="Redis is restarted")
                answer = await self._ask(("SHUTDOWN", "NOSAVE"), deadline, on_no_answer)
                if answer and asyncio.get_running_loop().time() > deadline:
                    self._kill(f"Redis does not shut down: {answer}")
            elif answer == "OK":
                log.warning("script_stopped", instance=self._instance, reason="it ran for longer than scripts may")
            await asyncio.sleep(_AGAIN_SECONDS)

    async def close(self) -> None:
        """Close the connection."""
        await self._connection.close()

    async def _ask(self, command: tuple[str, ...], deadline: float, on_no_answer: Callable[[], None]) -> str:
        """The reply to a command, "" if the connection is down."""
        call = asyncio.ensure_future(self._connection.call(command))
        left = deadline - asyncio.get_running_loop().time()
        if not (await asyncio.wait({call}, timeout=_PATIENCE_SECONDS))[0]:
            on_no_answer()
        if not (await asyncio.wait({call}, timeout=max(0.0, left - _PATIENCE_SECONDS)))[0]:
            self._kill("Redis does not answer while it runs")
        try:
            [reply] = await call
        except ErrorReply as refusal:
            return str(refusal)
        except RedisUnavailable:
            return ""
        return str(reply.decode())

    def _kill(self, reason: str) -> None:
        consequence = "no command is served until it ends" if self._guard is None else "Redis is killed and restarted"
        log.error("script_not_stopped", instance=self._instance, reason=reason, consequence=consequence)
        if self._guard is None:
            return
        try:
            descriptor = os.open(self._guard, os.O_WRONLY | os.O_NONBLOCK)
        except OSError as error:
            log.error("redis_guard_missing", instance=self._instance, guard=str(self._guard), reason=error.strerror)
            return
        os.write(descriptor, b"\n")
        os.close(descriptor)
