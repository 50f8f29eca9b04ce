"""Commands that destroy more than a person may expect from one line, and what they destroy."""

from __future__ import annotations

from collections.abc import Sequence

_ALWAYS: dict[tuple[bytes, ...], str] = {
    (b"FLUSHALL",): "every key of this instance",
    (b"FLUSHDB",): "every key of this instance",
    (b"SCRIPT", b"FLUSH"): "every cached script, which clients then have to send again",
    (b"FUNCTION", b"FLUSH"): "every function, which clients may call",
    (b"FUNCTION", b"DELETE"): "a library of functions, which clients may call",
    (b"FUNCTION", b"RESTORE"): "functions that the payload replaces",
    (b"RESTORE",): "what the key holds now, if REPLACE is among the arguments",
    (b"XGROUP", b"DESTROY"): "a consumer group with its pending entries",
    (b"LTRIM",): "all elements outside the range",
    (b"XTRIM",): "entries of the stream",
}
_OVERWRITING = frozenset(
    (b"RENAME", b"BITOP", b"SDIFFSTORE", b"SINTERSTORE", b"SUNIONSTORE", b"ZDIFFSTORE", b"ZINTERSTORE", b"ZUNIONSTORE")
)
_DELETING = frozenset((b"DEL", b"UNLINK"))


def loss_of(command: Sequence[bytes]) -> str:
    """What a command destroys that has to be confirmed; empty if it needs no confirmation.

    Args:
        command: Name and arguments.
    """
    name = tuple(word.upper() for word in command[:2])
    if name[0] in _DELETING:
        return f"{len(command) - 1} keys" if len(command) > 2 else ""
    if name[0] in _OVERWRITING:
        return "what the destination holds now"
    return _ALWAYS.get(name) or _ALWAYS.get(name[:1], "")
