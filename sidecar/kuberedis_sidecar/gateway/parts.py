"""The parts of a plan: commands that are sent together, each part when the one before is answered. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from kuberedis_sidecar.api.model import Plan
from kuberedis_sidecar.redis.pipeline import SHORT
from kuberedis_sidecar.redis.replies import MULTI, Command
from kuberedis_sidecar.redis.time_limits import with_time_left


class Part(NamedTuple):
    """Commands of a plan, of which only the last may block or be a script; or a transaction."""

    commands: Sequence[Command]
    script: bool

    def without(self, executed: int) -> Part:
        """What is left when the first commands have been executed."""
        return Part(self.commands[executed:], self.script)

    def after(self, elapsed: float) -> Part:
        """The same when so many seconds have passed of the time that its last command may block."""
        if not elapsed:
            return self
        *others, last = self.commands
        return Part((*others, with_time_left(last, elapsed)), self.script)


def parts(plan: Plan) -> Iterator[Part]:
    """A plan cut behind each command that may block and behind each script, into parts that are not long; a transaction as it is."""
    commands = plan.commands
    longest = len(commands) if commands[0] is MULTI else SHORT
    start = 0
    for end in sorted({*(position + 1 for position in (*plan.blocking, *plan.scripts)), len(commands)}):
        while start < end:
            stop = min(end, start + longest)
            yield Part(commands[start:stop], stop - 1 in plan.scripts)
            start = stop
