"""What the gateway must know of a Redis command before it sends it.

Only what the shared connection forces on it: whether the command may travel there. What a caller may do is not decided here but by
Redis' ACLs. The facts come from Redis' own COMMAND table, so that a newer Redis or Valkey brings its new blocking commands along.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass, field


class Way(enum.IntEnum):
    """Which way a command takes to Redis."""

    SHARED = 0
    """On the multiplexed connection of its grant."""
    BLOCKING = 1
    """May wait on the server's side: on a connection of its own."""
    REFUSED = 2
    """Changes the state of the connection that it arrives on, so that it makes no sense without one."""


# Redis flags none of these in a way that tells them from harmless neighbours, so they are named:
# each changes what later commands on the connection mean, or turns it into a stream.
REFUSED = frozenset(
    """
    ASKING AUTH CLIENT DISCARD EXEC HELLO MONITOR MULTI PSUBSCRIBE PSYNC PUNSUBSCRIBE QUIT READONLY READWRITE REPLCONF RESET
    SELECT SSUBSCRIBE SUBSCRIBE SUNSUBSCRIBE SYNC UNSUBSCRIBE UNWATCH WATCH
    """.split()
)

# Blocking only with this word among their arguments; without it they answer at once and stay on the shared connection.
_BLOCK_WORD = {"XREAD": "BLOCK", "XREADGROUP": "BLOCK"}

# What is assumed until Redis has told its own table.
_KNOWN_BLOCKING = frozenset("BLMOVE BLMPOP BLPOP BRPOP BRPOPLPUSH BZMPOP BZPOPMAX BZPOPMIN WAIT WAITAOF XREAD XREADGROUP".split())

# Their scripts are looked at before they are sent.
_SCRIPTS = frozenset("EVAL EVALSHA EVALSHA_RO EVAL_RO SCRIPT".split())

# Spellings remembered in other letter cases; a client that sends every mixture of cases must not fill the memory.
_MAX_SPELLINGS = 4096


@dataclass(slots=True)
class CommandTable:
    """The commands of one Redis.

    ``shared`` answers in one lookup for most; a name that is missing there is asked of ``way``.
    """

    blocking: frozenset[str] = _KNOWN_BLOCKING
    names: frozenset[str] = frozenset()
    """Every command and ``command|subcommand`` of this Redis, in lower case; empty until it is known."""
    shared: set[object] = field(default_factory=set)
    """Names, as clients spell them, that are known to go the shared way whatever their arguments."""

    @classmethod
    def from_reply(cls, reply: Sequence[Sequence[object]]) -> CommandTable:
        """Make the table from the reply of COMMAND (https://redis.io/docs/latest/commands/command/)."""
        names: set[str] = set()
        blocking: set[str] = set()
        for entry in reply:
            name, flags = _text(entry[0]), {_text(flag) for flag in _sequence(entry[2])}
            names.add(name)
            if "blocking" in flags:
                blocking.add(name.upper())
            if len(entry) > 9:
                names.update(_text(_sequence(sub)[0]) for sub in _sequence(entry[9]))
        table = cls(blocking=frozenset(blocking) | _KNOWN_BLOCKING, names=frozenset(names))
        for name in names:
            table.way([name])
            table.way([name.upper()])
        return table

    def way(self, command: Sequence[object]) -> Way:
        """Which way `command` takes: a name and its arguments, each bytes, text or a number."""
        first = command[0]
        name = _text(first).upper()
        if name in REFUSED:
            return Way.REFUSED
        if name in self.blocking:
            word = _BLOCK_WORD.get(name)
            if word is None or any(_text(argument).upper() == word for argument in command[1:]):
                return Way.BLOCKING
        elif name not in _SCRIPTS and name.lower() in self.names and len(self.shared) < _MAX_SPELLINGS:
            self.shared.add(first)
        return Way.SHARED

    def present(self, names: Sequence[str]) -> list[str]:
        """Those of `names` that this Redis has: an ACL rule that names a command which does not exist is refused."""
        return [name for name in names if name in self.names]


def _text(value: object) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def _sequence(value: object) -> Sequence[object]:
    return value if isinstance(value, list | tuple) else ()
