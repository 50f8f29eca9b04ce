"""A connection to the primary of a highly available instance: it keeps what it has sent until the replies are here.

What was not executed, or can be executed again (``resending``), is handed over in place of a failure. All replies to commands of clients
pass `ResendingConnection._finish`, which decides whether they count.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Sequence
from typing import Any

from kuberedis_sidecar.errors import ErrorReply, RedisUnavailable
from kuberedis_sidecar.redis.batch import Batch, BatchMemory, OnResult, Result
from kuberedis_sidecar.redis.command_table import CommandTable
from kuberedis_sidecar.redis.connection import Connection
from kuberedis_sidecar.redis.held_batch import HeldBatch
from kuberedis_sidecar.redis.replies import MULTI, Command
from kuberedis_sidecar.redis.resending import resend_from
from kuberedis_sidecar.redis.resp import pack

LAST_REFUSALS_SECONDS = 1.0
"""How long the primary before may take to refuse what a planned switchover has held back."""
LAST_REFUSALS_IF_SILENT_SECONDS = 0.2
"""The same of one that has not answered other questions either, so that it was a failover, and hardly anything will come."""

# A script may reply with what looks like a refusal, and a read may be what breaks the connection; so there is an end.
_MOST_SENDINGS = 3

# A node that is gone says nothing. These end a connection to it, idle or not, if nobody finds another primary before.
_SILENT_SECONDS = 10
_SOCKET_OPTIONS = (
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 4),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 2),
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3),
    (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 1000 * _SILENT_SECONDS),
)

_LEFT = "another server became the primary before the answer came; the command may have been carried out"


class ResendingConnection(Connection):
    """See the module.

    Attributes:
        table: Commands of the server.
        on_again: Takes a batch that is to be sent again; its `replies` are those that stay. None as long as nobody takes any.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop)
        self.table = CommandTable()
        self.on_again: Callable[[HeldBatch], None] | None = None
        self._left = False
        # The batch that had some of its replies when this server was left, and how many.
        self._interrupted: tuple[Batch | None, int] = (None, 0)

    @property
    def oldest(self) -> tuple[Batch | None, int]:
        """The oldest batch without its replies, and how many of these are here."""
        return (self._pending[0], len(self._pending[0].replies)) if self._pending else (None, 0)

    @property
    def done(self) -> bool:
        """Whether nobody waits for a reply."""
        return not any(batch.on_result for batch in self._pending)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        connected = transport.get_extra_info("socket")
        if connected.family != socket.AF_UNIX:
            for option in _SOCKET_OPTIONS:
                connected.setsockopt(*option)

    def send(
        self, commands: Sequence[Command], on_result: OnResult, deadline: float, raw: bool = False, memory: BatchMemory | None = None
    ) -> None:
        if self._transport is None:
            super().send(commands, on_result, deadline, raw, memory)
            return
        self.send_batch(HeldBatch(commands, on_result, deadline, raw, memory), pack(commands))

    def send_batch(self, batch: HeldBatch, packed: bytes) -> None:
        """Send a batch, or the rest of it, unless the connection is `closed`.

        Args:
            batch: The batch.
            packed: The bytes of those of its commands that have no replies yet.
        """
        if not self._out:
            self._loop.call_soon(self._flush)
        self._out.append(packed)
        batch.sendings += 1
        if batch.raw:
            self.replies.add(batch)
        else:
            self._pending.append(batch)

    def leave(self, *, answers: bool = True) -> None:
        """Hand over what may be sent to another server, which is the primary now, and close.

        Args:
            answers: Whether this server is known to answer.

        What this server replies from now on does not count, because the other one may not have it. It may still refuse what it has not
        executed.
        """
        if self._left:
            return
        self._left = True
        self._interrupted = self.oldest
        sent = len(self._pending) - len(self._out)
        batches = list(self._pending)
        # A reply to each that was sent may still come; of the others, none.
        self._pending.clear()
        self._pending.extend(batches[:sent])
        self._out.clear()
        for position, batch in enumerate(batches):
            if not self._hand_over(batch, batch.replies, was_sent=position < sent) and position >= sent:
                super()._finish(batch, RedisUnavailable(_LEFT))
        self._loop.call_later(0 if self.done else LAST_REFUSALS_SECONDS if answers else LAST_REFUSALS_IF_SILENT_SECONDS, self.close)

    def _finish(self, batch: Batch, result: Result) -> None:
        if (
            type(batch) is HeldBatch
            and type(result) is list
            and (ErrorReply in map(type, result) or self._left or batch.raw or batch.commands[0] is MULTI)
        ):
            if self._hand_over(batch, result):
                return
            if self._left:
                result = RedisUnavailable(_LEFT)
        super()._finish(batch, result)
        if self._left and self.done:
            self.close()

    def _lose(self, batch: Batch, problem: RedisUnavailable, *, was_sent: bool) -> None:
        if not self._hand_over(batch, batch.replies, was_sent=was_sent):
            super()._lose(batch, problem, was_sent=was_sent)

    def _flush(self) -> None:
        # A transport that is closing drops what it is given. So it stays here, as never sent.
        if not self.closed:
            super()._flush()

    def _hand_over(self, batch: Batch, replies: Sequence[Any], *, was_sent: bool = True) -> bool:
        """Hand a batch over if it may be sent again, and somebody waits for it."""
        if type(batch) is not HeldBatch or self.on_again is None or batch.sendings >= _MOST_SENDINGS:
            return False
        if batch.on_result is None or batch.dropped:
            return False
        start = resend_from(batch.commands, replies, self.table, raw=batch.raw, was_sent=was_sent)
        if start is None or (self._left and self._executed_since(batch, start)):
            return False
        self.on_again(batch.moved(batch.on_result, list(replies[:start])))
        return True

    def _executed_since(self, batch: HeldBatch, start: int) -> bool:
        """Whether one of the first `start` commands is a write that this server replied to after it was left."""
        interrupted, before = self._interrupted
        return any(map(self.table.is_write, batch.commands[before if batch is interrupted else 0 : start]))
