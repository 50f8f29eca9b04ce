"""Batches that are kept until their replies are here, for the case that they have to be sent again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from kuberedis_sidecar.errors import NotExecuted, RedisTimeout, SidecarError
from kuberedis_sidecar.redis.batch import Batch, BatchMemory, OnResult
from kuberedis_sidecar.redis.replies import Command

_TIMED_OUT = "there was no primary in time; the command was not carried out"

Refuse = Callable[[], SidecarError | None]
"""Returns why commands must not be sent any more; None if they may."""


class HeldBatch(Batch):
    """A batch that is kept until its replies are here.

    Attributes:
        commands: All of its commands. Those whose replies are here are not sent again.
        refuse: Asked before it is sent again.
        sendings: How many times it was sent.
    """

    __slots__ = ("commands", "refuse", "sendings")

    def __init__(
        self,
        commands: Sequence[Command],
        on_result: OnResult,
        deadline: float,
        raw: bool,
        memory: BatchMemory | None = None,
        refuse: Refuse | None = None,
    ) -> None:
        # What `Batch` does, without its frame.
        self.count = len(commands)
        self.on_result = on_result
        self.deadline = deadline
        self.raw = raw
        self.replies = []
        self.memory = memory
        self.commands = commands
        self.refuse = refuse
        self.sendings = 0

    def moved(self, on_result: OnResult, replies: list[Any]) -> HeldBatch:
        """The same for another connection; nobody will see the replies to this one.

        Args:
            on_result: `on_result`.
            replies: Those that stay.
        """
        moved = HeldBatch(self.commands, on_result, self.deadline, self.raw, self.memory, self.refuse)
        moved.replies, moved.sendings = replies, self.sendings
        self.on_result = self.memory = None
        return moved

    def interrupt(self) -> None:
        """Give `NotExecuted` to the caller, who sends the rest by other means."""
        on_result, self.on_result = self.on_result, None
        if on_result is not None:
            on_result(NotExecuted(self.replies))


class HeldParts:
    """Sends the parts of a long pipeline, each as a batch that is kept; a `SendPart` of `LongPipeline`.

    Args:
        send_batch: Sends a batch, of which the bytes are given.
        commands: All commands of the pipeline.
        deadline, raw, refuse: See `HeldBatch`.
    """

    def __init__(
        self,
        send_batch: Callable[[HeldBatch, bytes], None],
        commands: Sequence[Command],
        deadline: float,
        raw: bool,
        refuse: Refuse | None,
    ) -> None:
        self._send_batch = send_batch
        self._commands = commands
        self._deadline = deadline
        self._raw = raw
        self._refuse = refuse
        self._sent = 0

    def __call__(self, packed: bytes, count: int, on_result: OnResult, memory: BatchMemory) -> None:
        part = self._commands[self._sent : self._sent + count]
        self._sent += count
        self._send_batch(HeldBatch(part, on_result, self._deadline, self._raw, memory, self._refuse), packed)


class HeldQueue:
    """Batches that wait for a primary, in order.

    Args:
        loop: The event loop.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._batches: list[HeldBatch] = []

    def __len__(self) -> int:
        return len(self._batches)

    def append(self, batch: HeldBatch) -> None:
        """Have a batch wait."""
        self._batches.append(batch)

    def take_all(self) -> list[HeldBatch]:
        """The batches, which wait no longer."""
        batches, self._batches = self._batches, []
        return batches

    def expire(self, now: float) -> None:
        """Fail those whose deadline has passed."""
        for batch in self.take_all():
            if batch.deadline <= now:
                self.fail(batch, RedisTimeout(_TIMED_OUT))
            else:
                self._batches.append(batch)

    def fail_all(self, problem: SidecarError) -> None:
        """Fail all of them."""
        for batch in self.take_all():
            self.fail(batch, problem)

    def fail(self, batch: HeldBatch, problem: SidecarError) -> None:
        """Give a problem, in the next turn of the event loop, to the caller of a batch that is on no connection."""
        on_result, batch.on_result = batch.on_result, None
        if on_result is not None:
            self._loop.call_soon(on_result, batch.result(problem))
