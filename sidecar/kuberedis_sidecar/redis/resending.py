"""Which commands may be sent again, to the next primary, so that none is ever executed twice. Pure.

Theory of operation: each command that was sent is in one of three states.

- Refused: its reply begins with one of `REFUSALS`, so the server has not executed it.
- Replied: it has any other reply, so it was executed.
- Unknown: the connection broke before its reply came. It may have been executed, unless it was never sent.

Commands of a pipeline are sent again from the first one on that is refused or unknown, so that they stay in order. From there on each has
to be refused, never sent, or a read; or replied, but no write: a server that refuses a write executes none behind it either, so that a
`PUBLISH` or a script behind it was executed by a replica. Otherwise nothing is sent again. A transaction is sent again as a whole or not
at all: as a whole when its EXEC was refused, or would have been, or when it consists of reads.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kuberedis_sidecar.errors import ErrorReply
from kuberedis_sidecar.redis.command_table import CommandTable
from kuberedis_sidecar.redis.replies import MULTI, Command

REFUSALS = ("READONLY ", "LOADING ", "MASTERDOWN ", "UNBLOCKED force")
"""How replies begin of a server that is not the primary (any more), or not yet, and did not execute the command. UNBLOCKED is also the
reply after CLIENT UNBLOCK, which continues in another way and is for the client."""

_RAW_REFUSALS = tuple(b"-%b" % text.encode() for text in REFUSALS)
# Redis' reply to EXEC when it refuses a transaction that it has queued as a primary.
_ABORTED = tuple(f"EXECABORT Transaction discarded because of: {text}" for text in REFUSALS)


def is_refusal(reply: Any, raw: bool = False) -> bool:
    """Whether a reply says that the command was not executed, and is to be sent to another server.

    Args:
        reply: The reply.
        raw: The reply is in bytes.
    """
    if raw:
        return isinstance(reply, bytes) and reply.startswith(_RAW_REFUSALS)
    return isinstance(reply, ErrorReply) and str(reply).startswith(REFUSALS)


def resend_from(
    commands: Sequence[Command], replies: Sequence[Any], table: CommandTable, *, raw: bool = False, was_sent: bool = True
) -> int | None:
    """The position of the command from which on a batch may be sent again; None if it may not, or has no need to be.

    Args:
        commands: All commands of the batch.
        replies: The replies so far; those that are missing will not come.
        table: Commands of the server.
        raw: The replies are in bytes.
        was_sent: Whether any command may have reached the server.
    """
    if not was_sent:
        return len(replies)
    if commands[0] is MULTI:
        return 0 if _transaction_may_be_sent_again(commands, replies, table) else None
    first = next((position for position, reply in enumerate(replies) if is_refusal(reply, raw)), len(replies))
    if first == len(commands):
        return None
    for command, reply in zip(commands[first:], replies[first:], strict=False):
        if not is_refusal(reply, raw) and table.is_write(command):
            return None
    return first if all(map(table.is_read, commands[len(replies) :])) else None


def _transaction_may_be_sent_again(commands: Sequence[Command], replies: Sequence[Any], table: CommandTable) -> bool:
    queued, executed = replies[: len(commands) - 1], replies[len(commands) - 1 :]
    if any(map(is_refusal, queued)):
        return True
    if not executed:
        return all(map(table.is_read, commands[1:-1]))
    if isinstance(executed[0], list):
        # Of a script on a replica, where nothing is changed.
        done = zip(commands[1:-1], executed[0], strict=False)
        return any(map(is_refusal, executed[0])) and not any(table.is_write(command) for command, reply in done if not is_refusal(reply))
    return is_refusal(executed[0]) or (isinstance(executed[0], ErrorReply) and str(executed[0]).startswith(_ABORTED))
