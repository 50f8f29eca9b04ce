"""The connections of clients: how many there may be, and how many bytes of unfinished requests they may keep together.

Theory of operation: a connection is a stranger's until a request on it has a valid credential; then it counts for the holder of that. When
there are too many, or they have sent too much that is not a whole request yet, some are closed:

- the stranger's that waited longest, so that strangers, however many, only shut out each other;
- without strangers, one of the holder who has most: of its connections the one that is silent longest, or that keeps most.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Hashable, Iterable
from typing import Protocol

from kuberedis_sidecar.workers.supervisor import Worker

# Closed at once when there are no strangers: finding out whom takes a look at all.
_CLOSED_AT_ONCE = 16


class ClientConnection(Protocol):
    """What the limits need to know of a connection."""

    buffered: int
    """Bytes of requests that are not complete, or not served yet."""

    @property
    def silent_since(self) -> float:
        """Time of its last request or answer."""

    @property
    def unacknowledged(self) -> bool:
        """Whether an answer was sent more than once by now, since the client's machine has not acknowledged it."""

    def cut(self) -> None:
        """Close at once, without a response."""

    def abandon(self) -> None:
        """Close at once; what the kernel has yet to send is not sent any more."""


class ClientConnections:
    """The connections of one server.

    Args:
        most: Number of connections.
        most_buffered: Bytes of unfinished requests in all of them.

    Attributes:
        worker: Tells other workers how many there are; None if there are no others.
    """

    def __init__(self, most: int, most_buffered: int) -> None:
        self.worker: Worker | None = None
        self._most = most
        self._most_buffered = most_buffered
        self._buffered = 0
        # In the order in which they came. An ordinary dict takes long to find its first item once many were removed.
        self._strangers: OrderedDict[ClientConnection, None] = OrderedDict()
        self._holders: dict[ClientConnection, Hashable] = {}

    def __len__(self) -> int:
        return len(self._strangers) + len(self._holders)

    def add(self, connection: ClientConnection) -> None:
        """Count a new connection, a stranger's, and close others if there are too many."""
        self._strangers[connection] = None
        self._tell()
        if len(self) > self._most:
            if len(self._strangers) > 1:
                self._close([next(iter(self._strangers))])
            else:
                silent = sorted(self._of_largest_holder(Counter(self._holders.values())), key=lambda one: one.silent_since)
                self._close(silent[:_CLOSED_AT_ONCE])

    def identify(self, connection: ClientConnection, holder: Hashable) -> None:
        """Count a connection for the holder of the credential that its request has."""
        if connection in self._strangers:
            del self._strangers[connection]
            self._holders[connection] = holder

    def make_stranger(self, connection: ClientConnection) -> None:
        """Count a connection as a stranger's, because its request has no valid credential."""
        if self._holders.pop(connection, None) is not None:
            self._strangers[connection] = None

    def remove(self, connection: ClientConnection) -> None:
        """Forget a connection, which is closed."""
        self._strangers.pop(connection, None)
        self._holders.pop(connection, None)
        self.set_buffered(connection, 0)
        self._tell()

    def set_buffered(self, connection: ClientConnection, size: int) -> None:
        """Count the bytes that a connection keeps now, and close connections if all keep too many."""
        self._buffered += size - connection.buffered
        connection.buffered = size
        if self._buffered > self._most_buffered:
            # Some more than needed, so that this is rare.
            wanted = self._buffered - self._most_buffered * 7 // 8
            self._close(_enough(wanted, self._keeping()))

    def abandon_unacknowledged(self) -> None:
        """Close those whose answers do not arrive, so that nobody hears of a success when it may be none any more."""
        for connection in [*self._strangers, *self._holders]:
            if connection.unacknowledged:
                connection.abandon()

    def _tell(self) -> None:
        worker = self.worker
        if worker is not None and worker.board.serves(worker.index):
            worker.board.connections[worker.index] = len(self)

    def _keeping(self) -> list[ClientConnection]:
        """The connections that keep something, in the order in which they are closed."""
        strangers = [one for one in self._strangers if one.buffered]
        kept: Counter[Hashable] = Counter()
        for connection, holder in self._holders.items():
            kept[holder] += connection.buffered
        return strangers + sorted(self._of_largest_holder(kept), key=lambda one: one.buffered, reverse=True)

    def _of_largest_holder(self, amounts: Counter[Hashable]) -> list[ClientConnection]:
        largest = amounts.most_common(1)
        return [connection for connection, holder in self._holders.items() if largest and holder == largest[0][0]]

    def _close(self, connections: Iterable[ClientConnection]) -> None:
        for connection in connections:
            self.remove(connection)
            connection.cut()


def _enough(wanted: int, connections: Iterable[ClientConnection]) -> list[ClientConnection]:
    """The first of `connections` that keep `wanted` bytes together."""
    chosen: list[ClientConnection] = []
    for connection in connections:
        if wanted <= 0:
            break
        wanted -= connection.buffered
        chosen.append(connection)
    return chosen
