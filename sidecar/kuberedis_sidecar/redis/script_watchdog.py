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

PATIENCE_SECONDS = 0.7
"""How long after the limit of a script Redis may not answer, where there is no other server that could take its place."""

# From then on.
_KILL_SECONDS = 4.3
_AGAIN_SECONDS = 0.05

ANSWER_SECONDS = 86400.0
"""Time limit of a command on the watchdog's connection: it is there to wait for as long as Redis does not answer."""


class ScriptWatchdog:
    """Stops scripts of one server.

    Args:
        connection: A connection of the administrator that is used for nothing else. To log in has to be all that its login does: that
            works while a script runs.
        guard: Returns the FIFO whose reader kills the server; None if there is none.
        instance: Name of the instance, for the log.
        patience_seconds: How long Redis may not answer.
    """

    def __init__(self, connection: SharedConnection, guard: Callable[[], Path | None], instance: str, patience_seconds: float) -> None:
        self._connection = connection
        self._guard = guard
        self._instance = instance
        self._patience_seconds = patience_seconds

    async def stop(self, is_running: Callable[[], bool], on_restart: Callable[[], None], on_no_answer: Callable[[], None]) -> None:
        """Stop the script that runs.

        Args:
            is_running: Whether it still runs.
            on_restart: Called before the server is ended for its sake.
            on_no_answer: Called when Redis does not answer, so that all who wait have to be told; `is_running` may be false from then on.
        """
        loop = asyncio.get_running_loop()
        kind, given_up, began = "SCRIPT", False, loop.time()
        while is_running() or given_up:
            answer = await self._answer((kind, "KILL"), _KILL_SECONDS if given_up else self._patience_seconds)
            if answer is None:
                if given_up:
                    self._kill("Redis does not answer while it runs")
                    return
                on_no_answer()
                given_up = True
                continue
            given_up = False
            if answer.startswith("BUSY"):
                kind = "FUNCTION" if kind == "SCRIPT" else "SCRIPT"
                given_up = not is_running()
            elif answer.startswith("UNKILLABLE"):
                on_restart()
                if await self._shut_down():
                    return
                if loop.time() > began + PATIENCE_SECONDS + _KILL_SECONDS:
                    self._kill("Redis does not shut down")
                    return
            elif answer == "OK":
                log.warning("script_stopped", instance=self._instance, reason="it ran for longer than scripts may")
            await asyncio.sleep(_AGAIN_SECONDS)

    async def close(self) -> None:
        """Close the connection."""
        await self._connection.close()

    async def _answer(self, command: tuple[str, ...], seconds: float) -> str | None:
        """The reply to a command; None if none comes in time, be it that the connection could not be made."""
        try:
            async with asyncio.timeout(seconds):
                while True:
                    try:
                        [reply] = await self._connection.call(command)
                        return str(reply.decode())
                    except ErrorReply as refusal:
                        return str(refusal)
                    except RedisUnavailable:
                        await asyncio.sleep(_AGAIN_SECONDS)
        except TimeoutError:
            return None

    async def _shut_down(self) -> bool:
        """Shut the server down; False if it refuses. Sent once: the next server that answers here is another one."""
        log.error("script_not_stopped", instance=self._instance, reason="it has written", consequence="Redis is restarted")
        try:
            # NOW: it would wait for its replicas, which get nothing while the script runs.
            await self._connection.call(("SHUTDOWN", "NOSAVE", "NOW"))
        except RedisUnavailable:
            return True
        except ErrorReply as refusal:
            log.error("redis_not_shut_down", instance=self._instance, reason=str(refusal))
        await asyncio.sleep(_AGAIN_SECONDS)
        return False

    def _kill(self, reason: str) -> None:
        guard = self._guard()
        consequence = "no command is served until it ends" if guard is None else "Redis is killed and restarted"
        log.error("script_not_stopped", instance=self._instance, reason=reason, consequence=consequence)
        if guard is None:
            return
        try:
            descriptor = os.open(guard, os.O_WRONLY | os.O_NONBLOCK)
        except OSError as error:
            log.error("redis_guard_missing", instance=self._instance, guard=str(guard), reason=error.strerror)
            return
        os.write(descriptor, b"\n")
        os.close(descriptor)
