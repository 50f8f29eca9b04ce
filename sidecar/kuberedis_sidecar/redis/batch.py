"""Commands that were sent together, their replies, and the memory that these take.

A batch that completes in one piece costs nothing: a connection has no more than one such piece at a time. The replies of any other are
counted as they come, and charged to the ledger once they exceed `FREE_BYTES`. When they do not fit, they are dropped, and the batch is
refused once all of them have come.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeAlias

from kuberedis_sidecar.errors import AnswerTooLarge, SidecarError, TooManyRequests
from kuberedis_sidecar.memory import Reservation
from kuberedis_sidecar.redis.replies import Replies

Result: TypeAlias = Replies | SidecarError
"""The replies to commands, or why there are none. With `raw`, the bytes of each reply in place of its value."""

OnResult: TypeAlias = Callable[[Any], None]
"""Takes a `Result`, and releases the memory of one that is `Charged`."""

Reserve: TypeAlias = Callable[[], Reservation]
"""Opens a reservation of the grant that a connection belongs to."""

FREE_BYTES = 64 * 1024


class Charged(list[Any]):
    """Replies that take memory of the ledger, until whoever has them releases it."""

    __slots__ = ("reservation",)

    def __init__(self, replies: list[Any], reservation: Reservation) -> None:
        super().__init__(replies)
        self.reservation = reservation


def release(result: Any) -> None:
    """Release the memory of a result that nobody takes."""
    if isinstance(result, Charged):
        result.reservation.release()


def refusal(kind: type[SidecarError], done: int, total: int) -> SidecarError:
    """Why the replies to `done` of `total` commands are not there, an `AnswerTooLarge` or a `TooManyRequests`."""
    reason = (
        "the answer is larger than the memory of this instance's gateway allows; read less at once, for example by GETRANGE, LRANGE or SCAN"
        if kind is AnswerTooLarge
        else "too much is being read at once for the memory of this instance's gateway; try again soon, or read less at once"
    )
    if total == 1:
        return kind(f"{reason}; the command was carried out")
    return kind(f"{reason}; {'all' if done == total else f'the first {done} of {total}'} commands were carried out")


def set_result(future: asyncio.Future[Any]) -> OnResult:
    """A callback that sets the result of a future, unless whoever awaited it has gone."""

    def on_result(result: Any) -> None:
        if future.done():
            release(result)
        else:
            future.set_result(result)

    return on_result


class Batch:
    """Commands that were sent together, and their replies so far."""

    __slots__ = ("count", "deadline", "memory", "on_result", "raw", "replies")

    def __init__(self, count: int, on_result: OnResult, deadline: float, raw: bool, memory: BatchMemory | None = None) -> None:
        self.count = count
        self.on_result: OnResult | None = on_result
        self.deadline = deadline
        self.raw = raw
        self.replies: list[Any] = []
        self.memory = memory
        """None as long as no memory has been counted."""

    @property
    def dropped(self) -> bool:
        """Whether nobody will see the replies."""
        return self.on_result is None or (self.memory is not None and self.memory.refused is not None)

    def count_memory(self, size: int, reserve: Reserve | None) -> None:
        """Count `size` bytes of memory for replies, unless the connection has no ledger; drop all replies if they do not fit."""
        if reserve is None:
            return
        if self.memory is None:
            self.memory = BatchMemory()
        if self.dropped or not self.memory.take(size, reserve):
            self.replies = [None] * len(self.replies)

    def reply_bytes(self) -> int:
        """Bytes of memory for each of the replies, if they were large; 0 if not."""
        memory = self.memory
        if memory is None or memory.reservation is None:
            return 0
        return memory.largest // max(1, len(self.replies))

    def result(self, result: Result) -> Result:
        """What its caller gets instead of `result` because of the memory that it took."""
        memory, self.memory = self.memory, None
        if memory is None:
            return result
        if not isinstance(result, list):
            memory.release()
            return result
        if memory.refused is not None:
            return refusal(memory.refused, self.count, self.count)
        return result if memory.reservation is None else Charged(result, memory.reservation)


class BatchMemory:
    """The memory of the replies to a batch.

    Attributes:
        reservation: None as long as they are free.
        largest: The most bytes that were reserved, or were asked for.
        refused: The kind of error that the batch gets; None as long as its replies fit.
    """

    __slots__ = ("_uncharged", "largest", "refused", "reservation")

    def __init__(self, reservation: Reservation | None = None) -> None:
        self.reservation = reservation
        self.refused: type[SidecarError] | None = None
        self.largest = 0
        self._uncharged = 0

    def take(self, size: int, reserve: Reserve) -> bool:
        """Take `size` bytes more; False, and nothing is reserved any more, if they do not fit."""
        self._uncharged += size
        if self._uncharged <= FREE_BYTES:
            return True
        if self.reservation is None:
            self.reservation = reserve()
        if self.reservation.try_grow(self._uncharged):
            self._uncharged = 0
            self.largest = self.reservation.size
            return True
        self.largest = self.reservation.size + self._uncharged
        self.refused = TooManyRequests if self.reservation.may_hold(self._uncharged) else AnswerTooLarge
        self.release()
        return False

    def release(self) -> None:
        """Give everything back."""
        if self.reservation is not None:
            self.reservation.release()
