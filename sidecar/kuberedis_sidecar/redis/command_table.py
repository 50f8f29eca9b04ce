"""What the gateway must know of a Redis command before it sends it: the kind of connection that the command needs.

What a caller may do is not decided here but by Redis' ACLs. The facts come from Redis' own COMMAND table, so that new blocking commands
of a newer Redis or Valkey are known. Pure: nothing here sends a command.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from kuberedis_sidecar.redis.key_specifications import as_text, keys_are_found


class Dispatch(enum.IntEnum):
    """The kind of connection that a command is sent on."""

    SHARED = 0
    """The multiplexed connection of its grant."""
    DEDICATED = 1
    """A connection of its own, because the command may block."""
    REFUSED = 2
    """None: the command changes the state of its connection, which is meaningless without one."""
    SCRIPT = 3
    """The multiplexed connection of its grant, when no other script runs."""


# Redis has no flag that tells these from harmless commands, so they are listed:
# each changes what later commands on the connection mean, or turns it into a stream.
_REFUSED = frozenset(
    """
    ASKING AUTH CLIENT DISCARD EXEC HELLO MONITOR MULTI PSUBSCRIBE PSYNC PUNSUBSCRIBE QUIT READONLY READWRITE REPLCONF RESET
    SELECT SSUBSCRIBE SUBSCRIBE SUNSUBSCRIBE SYNC UNSUBSCRIBE UNWATCH WATCH
    """.split()
)

# Blocking only with this argument; without it they reply at once.
_BLOCK_OPTION = {"XREAD": "BLOCK", "XREADGROUP": "BLOCK"}

# Assumed until the table of this Redis is known.
_KNOWN_BLOCKING = frozenset("BLMOVE BLMPOP BLPOP BRPOP BRPOPLPUSH BZMPOP BZPOPMAX BZPOPMIN WAIT WAITAOF XREAD XREADGROUP".split())

# They run code of the caller, for as long as that likes.
_RUNNING_SCRIPTS = frozenset("EVAL EVALSHA EVALSHA_RO EVAL_RO FCALL FCALL_RO".split())
# Their arguments are rewritten before they are sent (see `Scripts`).
_SCRIPTS = frozenset("EVAL EVALSHA EVALSHA_RO EVAL_RO SCRIPT".split())

# What is longer is a value, and not worth a look.
_LONGEST_SUBCOMMAND = 64

# A client that sends every mixture of letter cases must not fill the memory.
_MAX_SPELLINGS = 4096


@dataclass(slots=True)
class CommandTable:
    """The commands of one Redis.

    For most commands a lookup in `shared` is enough; for others, `dispatch` decides.
    """

    blocking: frozenset[str] = _KNOWN_BLOCKING
    names: frozenset[str] = frozenset()
    """Every ``command`` and ``command|subcommand`` of this Redis, in lower case; empty until the table is known."""
    bound: frozenset[str] = frozenset()
    """Those of `names` whose every key Redis finds, and so checks against the key patterns of a grant."""
    reads: frozenset[str] = frozenset()
    """Those of `names` that change nothing."""
    writes: frozenset[str] = frozenset()
    """Those of `names` that change keys by themselves; not scripts, which do it by other commands."""
    shared: set[object] = field(default_factory=set)
    """Names, as clients spell them, that are `Dispatch.SHARED` and sent as they are, whatever their arguments.

    None is a single character, so the first element of a text is never mistaken for the name of a command.
    """

    @classmethod
    def from_reply(cls, reply: Sequence[Sequence[Any]]) -> CommandTable:
        """Read the table from the reply of COMMAND (https://redis.io/docs/latest/commands/command/)."""
        names: set[str] = set()
        blocking: set[str] = set()
        bound: set[str] = set()
        flagged: dict[str, set[str]] = {"readonly": set(), "write": set()}
        for entry in reply:
            if "blocking" in map(as_text, entry[2]):
                blocking.add(as_text(entry[0]).upper())
            for command in (entry, *(entry[9] if len(entry) > 9 else ())):
                # A module may write its names in upper case.
                name = as_text(command[0]).lower()
                names.add(name)
                if keys_are_found(command):
                    bound.add(name)
                for flag in flagged.keys() & set(map(as_text, command[2] if len(command) > 2 else ())):
                    flagged[flag].add(name)
        table = cls(
            blocking=frozenset(blocking) | _KNOWN_BLOCKING,
            names=frozenset(names),
            bound=frozenset(bound),
            reads=frozenset(flagged["readonly"]),
            writes=frozenset(flagged["write"]),
        )
        for name in names:
            table.dispatch([name])
            table.dispatch([name.upper()])
        return table

    def dispatch(self, command: Sequence[object]) -> Dispatch:
        """The kind of connection for `command`: a name and its arguments, each bytes, text or a number."""
        spelling = command[0]
        name = command_name(command)
        if name in _REFUSED:
            return Dispatch.REFUSED
        if name in _RUNNING_SCRIPTS:
            return Dispatch.SCRIPT
        if name in self.blocking:
            option = _BLOCK_OPTION.get(name)
            if option is None or any(as_text(argument).upper() == option for argument in command[1:]):
                return Dispatch.DEDICATED
        elif len(name) > 1 and name not in _SCRIPTS and name.lower() in self.names and len(self.shared) < _MAX_SPELLINGS:
            self.shared.add(spelling)
        return Dispatch.SHARED

    def is_read(self, command: Sequence[object]) -> bool:
        """Whether a command is certain to change nothing, so that it makes no difference how often it is executed."""
        return _is_in(self.reads, command)

    def is_write(self, command: Sequence[object]) -> bool:
        """Whether a command changes keys by itself."""
        return _is_in(self.writes, command)


def _is_in(names: frozenset[str], command: Sequence[object]) -> bool:
    """Whether a command, or its subcommand, is among some `CommandTable.names`."""
    name = as_text(command[0]).lower()
    if name in names:
        return True
    subcommand = command[1] if len(command) > 1 else b""
    if not isinstance(subcommand, bytes | str) or len(subcommand) > _LONGEST_SUBCOMMAND:
        return False
    return f"{name}|{as_text(subcommand).lower()}" in names


def command_name(command: Sequence[object]) -> str:
    """The name of a command, in upper case."""
    return as_text(command[0]).upper()
