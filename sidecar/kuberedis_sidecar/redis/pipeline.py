"""Commands that are sent a part at a time, each when the replies to the part before are here.

Long pipelines are: so neither Redis nor the gateway ever holds what hundreds of commands reply with, and nothing more is carried out for a
pipeline that is refused. The first part is small; the size of the others depends on that of the replies. Which pipelines are long depends
on it as well: where replies have been large lately, those of a few commands are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from kuberedis_sidecar.errors import RedisUnavailable, SidecarError
from kuberedis_sidecar.redis.batch import BatchMemory, Charged, OnResult, Result, refusal
from kuberedis_sidecar.redis.replies import Command, memory_of
from kuberedis_sidecar.redis.resp import pack_each

LONG = 128
"""The most commands of a pipeline that is sent as a whole, as long as replies are small."""

SHORT = 8
"""The same after a large reply."""

_LONGEST_PART = 1024
_PART_BYTES = 1024 * 1024

SendPart = Callable[[bytes, int, OnResult, BatchMemory], None]
"""Sends packed commands: their bytes, their number, what takes the result, and what pays for the replies."""


class Gathering:
    """The replies to commands that are sent in parts.

    Args:
        total: Number of commands.

    Attributes:
        memory: What pays for the replies; to be given to each part.
    """

    def __init__(self, total: int) -> None:
        self._total = total
        self._replies: list[Any] = []
        self.memory = BatchMemory()

    def add(self, result: Any, sent: int) -> Result | None:
        """Take the `Result` of a part.

        Args:
            result: The result.
            sent: Number of commands that have been sent, with this part.

        Returns:
            The result of all, after which nothing more may be sent; None if a part is missing.
        """
        if isinstance(result, list):
            self._replies += result
            if len(self._replies) < self._total:
                return None
            return self._replies if self.memory.reservation is None else Charged(self._replies, self.memory.reservation)
        self.memory.release()
        return self._failure(result, sent)

    def _failure(self, problem: SidecarError, sent: int) -> SidecarError:
        if self.memory.refused is not None and isinstance(problem, self.memory.refused):
            return refusal(self.memory.refused, sent, self._total)
        if isinstance(problem, RedisUnavailable) and self._replies:
            return type(problem)(f"{problem}; before that, the first {len(self._replies)} of {self._total} commands were carried out")
        return problem


class LongPipeline:
    """A long pipeline on its way.

    Args:
        commands: Its commands.
        send: Sends a part; calls what takes its result, and never from within.
        on_result: Called with the result of all.

    Raises:
        BadCommand: See `pack`; nothing has been sent.
    """

    def __init__(self, commands: Sequence[Command], send: SendPart, on_result: OnResult) -> None:
        self._packed = pack_each(commands)
        self._send = send
        self._on_result = on_result
        self._gathering = Gathering(len(commands))
        self._sent = 0
        self._send_part(SHORT)

    def _send_part(self, size: int) -> None:
        part = self._packed[self._sent : self._sent + size]
        self._sent += len(part)
        self._send(b"".join(part), len(part), self._take, self._gathering.memory)

    def _take(self, result: Any) -> None:
        whole = self._gathering.add(result, self._sent)
        if whole is not None:
            self._on_result(whole)
            return
        average = memory_of(result) // len(result)
        self._send_part(max(1, min(_LONGEST_PART, _PART_BYTES // average)))
