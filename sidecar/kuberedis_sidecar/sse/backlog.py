"""The events that at least one stream has yet to be sent, once for all of them. Pure, but for the ledger that pays."""

from __future__ import annotations

from kuberedis_sidecar.memory import Reservation
from kuberedis_sidecar.sse.events import EVENT_END

# What is kept for nothing.
_FREE_BYTES = 16 * 1024
# How much is read at once, unless a single event is larger.
_PIECE_BYTES = 64 * 1024


class Backlog:
    """The text of successive events. A position in it is the number of bytes before, from the first event ever.

    Args:
        memory: Pays for it; None without a ledger.

    Attributes:
        start: Position of the first event that is kept.
        end: Position of the next event.
    """

    __slots__ = ("_memory", "_text", "end", "start")

    def __init__(self, memory: Reservation | None) -> None:
        self._memory = memory
        # Cut at its begin, which bytearray does without a copy.
        self._text = bytearray()
        self.start = self.end = 0

    def append(self, events: bytes) -> bool:
        """Keep events; False, and they are not kept, if there is no memory for them."""
        if self._memory is not None:
            more = len(self._text) + len(events) - _FREE_BYTES - self._memory.size
            if more > 0 and not self._memory.try_grow(more):
                return False
        self._text += events
        self.end += len(events)
        return True

    def read(self, position: int, until: int) -> bytes:
        """Some whole events, from a position and not beyond another; empty only if both are equal."""
        first, last = position - self.start, until - self.start
        cut = last
        if last - first > _PIECE_BYTES:
            cut = self._text.rfind(EVENT_END, first, first + _PIECE_BYTES)
            cut = (cut if cut >= 0 else self._text.find(EVENT_END, first)) + len(EVENT_END)
        with memoryview(self._text) as text:
            return bytes(text[first:cut])

    def forget(self, position: int) -> None:
        """Drop what is before a position."""
        del self._text[: position - self.start]
        self.start = position
        if self._memory is not None:
            self._memory.shrink(max(0, self._memory.size - max(0, len(self._text) - _FREE_BYTES)))

    def skip(self, size: int) -> None:
        """Count events that nobody has to be sent any more; what was kept is dropped."""
        self.end += size
        self.forget(self.end)
