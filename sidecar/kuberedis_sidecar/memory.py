"""The ledger of one instance's memory: whatever a client can make large is charged here before it is spent.

Theory of operation: a `Reservation` belongs to a holder (a grant) and grows as what it pays for grows; releasing it gives everything back.
Three shares bound what may be taken, so that nobody takes all:

- all holders together: the budget;
- one holder: half of the budget;
- all holders but the owner (the instance's key) together: three quarters. The owner alone may have three quarters as well, so neither side
  can take the last quarter of the other.

What does not fit now may wait for a release. Of one holder, reservations that have something already come first, for it is free again only
when they go on; then those that begin, in the order in which they came, so that a large one is not overtaken forever. No holder holds up
another.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Hashable
from typing import NamedTuple

from kuberedis_sidecar.errors import TooManyRequests


class _Waiter(NamedTuple):
    reservation: Reservation
    size: int
    granted: asyncio.Future[None]


class MemoryBudget:
    """The memory that requests and answers of one instance may take together.

    Args:
        total: Bytes that may be reserved at once.
        owner: The holder that the others cannot starve.
    """

    def __init__(self, total: int, owner: Hashable) -> None:
        self._total = total
        self._owner = owner
        self._used: dict[Hashable, int] = {}
        self._used_by_all = 0
        self._waiters: deque[_Waiter] = deque()

    @property
    def used(self) -> int:
        """Bytes that are reserved."""
        return self._used_by_all

    @property
    def waiting(self) -> int:
        """Number of those who wait for memory."""
        return len(self._waiters)

    def share(self, holder: Hashable) -> int:
        """The most bytes that a holder may have reserved at once: what is larger never fits."""
        return self._total * 3 // 4 if holder == self._owner else self._total // 2

    def open(self, holder: Hashable) -> Reservation:
        """An empty reservation of a holder, to be released however its use ends."""
        return Reservation(self, holder)

    def fits(self, holder: Hashable, size: int) -> bool:
        """Whether a holder may have `size` bytes more, now."""
        used = self._used.get(holder, 0)
        if used + size > self.share(holder) or self._used_by_all + size > self._total:
            return False
        others = self._used_by_all - self._used.get(self._owner, 0)
        return holder == self._owner or others + size <= self._total * 3 // 4

    def _take(self, holder: Hashable, size: int) -> None:
        self._used_by_all += size
        left = self._used.get(holder, 0) + size
        if left:
            self._used[holder] = left
        else:
            self._used.pop(holder, None)
        if size < 0 and self._waiters:
            self._admit()

    def _admit(self) -> None:
        """Grant what fits now to those who wait."""
        waiting, self._waiters = self._waiters, deque()
        held_up: set[Hashable] = set()
        for waiter in waiting:
            if waiter.granted.done():
                continue
            holder = waiter.reservation.holder
            if holder not in held_up and waiter.reservation.try_grow(waiter.size):
                waiter.granted.set_result(None)
            else:
                held_up.add(holder)
                self._waiters.append(waiter)

    def _must_wait(self, reservation: Reservation) -> bool:
        """Whether others of its holder come first."""
        others = (waiter.reservation for waiter in self._waiters)
        return any(other.holder == reservation.holder and (other.size or not reservation.size) for other in others)

    async def _wait(self, reservation: Reservation, size: int) -> None:
        granted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        waiter = _Waiter(reservation, size, granted)
        if reservation.size:
            self._waiters.insert(sum(1 for other in self._waiters if other.reservation.size), waiter)
        else:
            self._waiters.append(waiter)
        try:
            await granted
        except asyncio.CancelledError:
            if granted.done() and not granted.cancelled():
                reservation.shrink(size)
            elif waiter in self._waiters:
                self._waiters.remove(waiter)
                self._admit()
            raise


class Reservation:
    """Bytes that one holder has reserved for one purpose.

    Attributes:
        holder: Who has reserved them.
        size: Bytes reserved.
    """

    __slots__ = ("_budget", "holder", "size")

    def __init__(self, budget: MemoryBudget, holder: Hashable) -> None:
        self._budget = budget
        self.holder = holder
        self.size = 0

    def try_grow(self, size: int) -> bool:
        """Reserve `size` bytes more; False, and nothing is reserved, if they do not fit."""
        if not self._budget.fits(self.holder, size):
            return False
        self.size += size
        self._budget._take(self.holder, size)  # noqa: SLF001
        return True

    def grow(self, size: int) -> None:
        """Reserve `size` bytes more.

        Raises:
            TooManyRequests: They do not fit; nothing is reserved.
        """
        if not self.try_grow(size):
            raise TooManyRequests("too much data at once for the memory of this instance's gateway; try again soon, or with fewer at once")

    def may_hold(self, size: int) -> bool:
        """Whether `size` bytes more would fit if nobody else had any."""
        return self.size + size <= self._budget.share(self.holder)

    async def grow_when_free(self, size: int, seconds: float) -> None:
        """Reserve `size` bytes more, as soon as they fit.

        Raises:
            TooManyRequests: They do not fit within `seconds`, or never will; nothing is reserved.
        """
        if not self._budget._must_wait(self) and self.try_grow(size):  # noqa: SLF001
            return
        try:
            if self.may_hold(size):
                async with asyncio.timeout(seconds):
                    await self._budget._wait(self, size)  # noqa: SLF001
                return
        except TimeoutError:
            pass
        self.grow(size)

    def shrink(self, size: int) -> None:
        """Give back `size` of the bytes."""
        self.size -= size
        self._budget._take(self.holder, -size)  # noqa: SLF001

    def release(self) -> None:
        """Give back all bytes; without effect when there are none."""
        if self.size:
            self.shrink(self.size)
