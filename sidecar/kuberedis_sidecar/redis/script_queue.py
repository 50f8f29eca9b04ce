"""The scripts and functions of an instance, one at a time.

Redis executes what it has received before it reads anything else. A connection with a hundred scripts in it would hold up everybody for
a hundred times the limit of one, however quickly each is stopped. So a script is sent when the one before has ended, of whichever grant
that was, and grants take turns. Where there are several workers, each sends one at a time, and a script's time begins once those that
others had sent before have ended.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from functools import partial
from time import monotonic
from typing import Any

from kuberedis_core.logging import log
from kuberedis_sidecar.auth.acl import Grant
from kuberedis_sidecar.errors import ErrorReply, Limit, RedisTimeout, TooManyRequests
from kuberedis_sidecar.redis.batch import OnResult, Result
from kuberedis_sidecar.redis.script_suspensions import Suspensions
from kuberedis_sidecar.redis.script_watchdog import ScriptWatchdog
from kuberedis_sidecar.workers.script_board import ScriptsOfWorkers

STOPPED = "a script before it was stopped"
# How often it is found out whether a script of another worker has ended.
_LOOK_SECONDS = 0.05
_NO_ANSWER = "Redis did not answer while a script ran; the command may be carried out yet"
# It may be a script or a function, which the first answer tells.
_TRIES = 2
# How Redis' replies to stopped scripts and functions read, in all versions.
_KILLED = "killed by user"


class Turn:
    """One script, and what has to be sent with it."""

    __slots__ = ("count", "deadline", "grant", "on_result", "overdue", "raw", "send", "sent")

    def __init__(self, grant: Grant, count: int, send: Callable[[OnResult], None], on_result: OnResult, raw: bool, deadline: float) -> None:
        self.grant = grant
        self.count = count
        self.send = send
        self.on_result = on_result
        self.raw = raw
        self.deadline = deadline
        self.sent = 0.0
        self.overdue = False


class ScriptQueue:
    """Runs the scripts of one instance.

    Args:
        watchdog: Stops a script that runs for too long.
        limit_seconds: How long one may run.
        timeout_seconds: How long one may wait for its turn.
        drop_connections: Ends all commands that wait for replies, on the shared connections.
        workers: Tells other workers of the scripts of this one, and this one of theirs; None if there are no others.
    """

    def __init__(
        self,
        watchdog: ScriptWatchdog,
        limit_seconds: float,
        timeout_seconds: float,
        drop_connections: Callable[[], None],
        workers: ScriptsOfWorkers | None,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._watchdog = watchdog
        self._limit_seconds = limit_seconds
        self._timeout_seconds = timeout_seconds
        self._drop_connections = drop_connections
        self._workers = workers
        self._suspensions = Suspensions(workers)
        self._waiting: OrderedDict[Grant, deque[Turn]] = OrderedDict()
        self._running: Turn | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._stops: set[asyncio.Task[None]] = set()

    def suspended(self, grant: Grant) -> bool:
        """Whether a grant may not run scripts for a while."""
        return self._suspensions.left(grant, self._loop.time()) > 0

    def check(self, grant: Grant) -> None:
        """Nothing, if a grant may run scripts.

        Raises:
            TooManyRequests: One of its scripts was stopped lately.
        """
        left = self._suspensions.left(grant, self._loop.time())
        if left > 0:
            raise TooManyRequests(
                f"a script of this token, or of one with equal rights, ran longer than the {self._limit_seconds:g} s of this instance"
                f" (limits.scriptTimeoutSeconds) and was stopped; scripts are accepted again in {left:.0f} s",
                Limit.SCRIPTS,
                left,
            )

    def send(self, grant: Grant, count: int, send: Callable[[OnResult], None], on_result: OnResult, raw: bool = False) -> Turn:
        """Send commands, among them one script, when it is their turn; for `discard`.

        Args:
            grant: Whose they are.
            count: Number of commands.
            send: Sends them, once; takes the callback for their `Result`.
            on_result: Called with the `Result`, exactly once.
            raw: The replies are bytes.
        """
        turn = Turn(grant, count, send, on_result, raw, self._loop.time() + self._timeout_seconds)
        if self._running is None:
            self._start(turn)
        else:
            self._waiting.setdefault(grant, deque()).append(turn)
        return turn

    def discard(self, turn: Turn) -> None:
        """Do not send what still waits for its turn: nobody waits for its result any more."""
        turns = self._waiting.get(turn.grant)
        if turns is not None and turn in turns:
            turns.remove(turn)
            if not turns:
                del self._waiting[turn.grant]
            self._refuse(turn, "its client is gone")

    async def stop_unknown(self) -> None:
        """Stop a script that somebody else sent: this sidecar, before it was restarted."""
        tries = iter(range(_TRIES))
        await self._watchdog.stop(lambda: next(tries, None) is not None, lambda: None, lambda: None)

    async def close(self) -> None:
        """Give up what waits for its turn."""
        if self._timer is not None:
            self._timer.cancel()
        for stop in self._stops:
            stop.cancel()
        await asyncio.gather(*self._stops, self._watchdog.close(), return_exceptions=True)

    def _start(self, turn: Turn) -> None:
        self._running = turn
        turn.sent = self._loop.time()
        if self._workers is not None:
            self._workers.sent(monotonic())
        # One timer serves the scripts of a while, nearly all of which end long before it.
        if self._timer is None:
            self._timer = self._loop.call_at(turn.sent + self._limit_seconds, self._look)
        turn.send(partial(self._finish, turn))

    def _look(self) -> None:
        """Have what has run for too long stopped."""
        self._timer = None
        turn = self._running
        if turn is None or turn.overdue:
            return
        if (ends := self._ends(turn)) <= self._loop.time():
            self._stop(turn)
        else:
            self._timer = self._loop.call_at(ends, self._look)

    def _ends(self, turn: Turn) -> float:
        """When the time of the script that runs is over, or has to be found out again."""
        if self._workers is None:
            return turn.sent + self._limit_seconds
        start = self._workers.start()
        if start is not None:
            return start + self._limit_seconds
        # A worker that hangs does not say that its script has ended.
        longest = turn.sent + 2 * self._workers.workers * self._limit_seconds
        return min(longest, self._loop.time() + _LOOK_SECONDS)

    def _is_overdue(self, turn: Turn) -> bool:
        return self._running is turn and self._ends(turn) <= self._loop.time()

    def _finish(self, turn: Turn, result: Result) -> None:
        if self._running is not turn:
            return
        if turn.overdue and isinstance(result, list) and _was_killed(result):
            self._suspend(turn, restarted=False)
            result = self._explained(result, turn.raw)
        try:
            turn.on_result(result)
        finally:
            self._running = None
            if self._workers is not None:
                self._workers.ended(monotonic())
            self._start_next()

    def _start_next(self) -> None:
        while self._waiting:
            grant, turns = self._waiting.popitem(last=False)
            turn = turns.popleft()
            if turns:
                self._waiting[grant] = turns
            if self.suspended(grant):
                self._refuse(turn, STOPPED)
            elif turn.deadline < self._loop.time():
                self._refuse(turn, "scripts of others took too long")
            else:
                self._start(turn)
                return

    def _refuse(self, turn: Turn, why: str) -> None:
        self._loop.call_soon(turn.on_result, [not_executed(why, turn.raw)] * turn.count)

    def _stop(self, turn: Turn) -> None:
        """Have the watchdog stop what runs."""
        turn.overdue = True
        stop = self._loop.create_task(
            self._watchdog.stop(
                is_running=lambda: self._is_overdue(turn),
                on_restart=lambda: self._suspend(turn, restarted=True),
                on_no_answer=lambda: self._give_up(turn),
            )
        )
        self._stops.add(stop)
        stop.add_done_callback(partial(self._stopped, turn))

    def _stopped(self, turn: Turn, stop: asyncio.Task[None]) -> None:
        """Give a script the rest of its time, if it turned out that Redis was busy with that of another worker before."""
        self._stops.discard(stop)
        if self._running is turn and self._ends(turn) > self._loop.time():
            turn.overdue = False
            self._look()

    def _give_up(self, turn: Turn) -> None:
        """Keep nobody waiting for a script that cannot be stopped."""
        self._suspend(turn, restarted=True)
        self._drop_connections()
        self._finish(turn, RedisTimeout(_NO_ANSWER))

    def _suspend(self, turn: Turn, *, restarted: bool) -> None:
        seconds = self._suspensions.suspend(turn.grant, self._loop.time(), restarted=restarted)
        log.warning("scripts_suspended", scope=turn.grant.scope, seconds=seconds)

    def _explained(self, replies: list[Any], raw: bool) -> list[Any]:
        limit = f"{self._limit_seconds:g} s (limits.scriptTimeoutSeconds)"
        text = f"ERR the script ran longer than {limit} and was stopped; it had written nothing"
        if raw:
            return [*replies[:-1], b"-%b\r\n" % text.encode()]
        return [*replies[:-1], ErrorReply(text)] if isinstance(replies[-1], ErrorReply) else replies


def not_executed(why: str, raw: bool) -> Any:
    """The reply to a command that was not sent."""
    text = f"BUSY this command was not executed: {why}"
    return b"-%b\r\n" % text.encode() if raw else ErrorReply(text)


def _was_killed(replies: Iterable[Any]) -> bool:
    return any(_KILLED in text for reply in replies for text in _errors(reply))


def _errors(reply: Any) -> Iterable[str]:
    """The texts of the error replies in a reply; a raw one as a whole."""
    if isinstance(reply, ErrorReply):
        yield str(reply)
    elif isinstance(reply, list):
        yield from (str(element) for element in reply if isinstance(element, ErrorReply))
    elif isinstance(reply, bytes) and reply.startswith(b"-"):
        yield reply.decode(errors="replace")
