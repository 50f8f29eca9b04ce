"""Lua scripts written for Upstash's server.

Upstash's SDK for rate limits begins each script with ``#!lua flags=allow-key-locking``, a hint to that server which Redis and Valkey
refuse. The flag is removed from the script. Callers refer to it by the SHA1 of what they wrote, so both SHA1 are remembered.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Collection, Sequence
from typing import Any

from kuberedis_sidecar.redis.replies import Command

_FLAG = b"allow-key-locking"
_MAX_REMEMBERED = 1024


class Scripts:
    """The scripts that were changed, by the SHA1 of the caller and by that of Redis. Bounded; the oldest are forgotten."""

    def __init__(self) -> None:
        self._changed: OrderedDict[bytes, bytes] = OrderedDict()
        self._original: dict[bytes, bytes] = {}

    def prepare(self, command: Sequence[Any]) -> Command:
        """The command as Redis takes it."""
        name = _bytes(command[0]).upper()
        if name in (b"EVAL", b"EVAL_RO") and len(command) > 1:
            return (command[0], self._without_flag(_bytes(command[1])), *command[2:])
        if name in (b"EVALSHA", b"EVALSHA_RO") and len(command) > 1:
            return (command[0], self._sha1_of_redis(command[1]), *command[2:])
        if name == b"SCRIPT" and len(command) > 2:
            subcommand = _bytes(command[1]).upper()
            if subcommand == b"LOAD":
                return (*command[:2], self._without_flag(_bytes(command[2])), *command[3:])
            if subcommand == b"EXISTS":
                return (*command[:2], *map(self._sha1_of_redis, command[2:]))
        return tuple(command)

    def loads(self, commands: Sequence[Command]) -> Collection[int]:
        """Positions of the commands whose replies are for `restore`: no other reply is changed, whatever it contains."""
        if not self._original:
            return ()
        return {index for index, command in enumerate(commands) if _is_load(command)}

    def restore(self, reply: Any) -> Any:
        """The reply to SCRIPT LOAD; if it is Redis' SHA1 of a changed script, the caller's SHA1."""
        return self._original.get(reply, reply) if isinstance(reply, bytes) else reply

    def _sha1_of_redis(self, sha1: Any) -> Any:
        return self._changed.get(_bytes(sha1).lower(), sha1)

    def _without_flag(self, script: bytes) -> bytes:
        first, newline, rest = script.partition(b"\n")
        if not first.startswith(b"#!") or _FLAG not in first:
            return script
        parts = [self._flags(part) if part.startswith(b"flags=") else part for part in first.split()]
        changed = b" ".join(filter(None, parts)) + newline + rest
        self._remember(_sha1(script), _sha1(changed))
        return changed

    def _flags(self, part: bytes) -> bytes:
        flags = [flag for flag in part.removeprefix(b"flags=").split(b",") if flag != _FLAG]
        return b"flags=" + b",".join(flags) if flags else b""

    def _remember(self, original: bytes, changed: bytes) -> None:
        self._changed[original] = changed
        self._original[changed] = original
        if len(self._changed) > _MAX_REMEMBERED:
            self._original.pop(self._changed.popitem(last=False)[1], None)


def _is_load(command: Command) -> bool:
    return len(command) > 1 and _bytes(command[0]).upper() == b"SCRIPT" and _bytes(command[1]).upper() == b"LOAD"


def _sha1(script: bytes) -> bytes:
    # The name that Redis gives to a script; nothing relies on it being secure.
    return hashlib.sha1(script, usedforsecurity=False).hexdigest().encode()


def _bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()
