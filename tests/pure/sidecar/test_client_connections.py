"""Which connections are closed when there are too many, or when they keep too much."""

from dataclasses import dataclass

import pytest

from kuberedis_sidecar.http.client_connections import ClientConnections


@dataclass(eq=False)
class Connection:
    """A connection that only notes that it was closed."""

    silent_since: float = 0.0
    buffered: int = 0
    closed: bool = False
    unacknowledged: bool = False

    def cut(self) -> None:
        """Note it."""
        self.closed = True

    abandon = cut


def open_connections(clients: ClientConnections, count: int, holder: str | None = None, since: float = 0.0) -> list[Connection]:
    """Connections, each silent a little longer than the next; strangers' without a holder."""
    opened = [Connection(since + number) for number in range(count)]
    for connection in opened:
        clients.add(connection)
        if holder is not None:
            clients.identify(connection, holder)
    return opened


def closed(connections: list[Connection]) -> list[int]:
    """The numbers of those that were closed."""
    return [number for number, connection in enumerate(connections) if connection.closed]


def test_strangers_that_waited_longest_make_room() -> None:
    clients = ClientConnections(10, 1000)
    known = open_connections(clients, 4, "token")
    strangers = open_connections(clients, 9)
    assert (closed(known), closed(strangers)) == ([], [0, 1, 2])
    assert len(clients) == 10


def test_without_strangers_the_holder_of_most_loses_those_silent_longest() -> None:
    clients = ClientConnections(100, 1000)
    few = open_connections(clients, 20, "few", since=-100)
    many = open_connections(clients, 80, "many")
    clients.add(Connection())
    assert (closed(few), closed(many)) == ([], list(range(16)))


def test_connection_whose_credential_is_refused_is_a_stranger_again() -> None:
    clients = ClientConnections(2, 1000)
    first, second = open_connections(clients, 2, "token")
    clients.make_stranger(second)
    clients.add(Connection())
    assert (first.closed, second.closed) == (False, True)


@pytest.mark.parametrize(
    ("kept", "expected"),
    [
        ({"stranger": [400, 400], "few": [300], "many": [100, 250]}, {"stranger": [0, 1], "few": [], "many": []}),
        ({"stranger": [], "few": [300], "many": [350, 100, 400]}, {"stranger": [], "few": [], "many": [2]}),
    ],
)
def test_too_much_that_is_unfinished_is_closed_with_strangers_first(kept: dict[str, list[int]], expected: dict[str, list[int]]) -> None:
    clients = ClientConnections(100, 1000)
    opened = {holder: open_connections(clients, len(sizes), None if holder == "stranger" else holder) for holder, sizes in kept.items()}
    for holder, sizes in kept.items():
        for connection, size in zip(opened[holder], sizes, strict=True):
            clients.set_buffered(connection, size)
    assert {holder: closed(connections) for holder, connections in opened.items()} == expected


def test_what_is_read_or_closed_is_not_kept_any_more() -> None:
    clients = ClientConnections(100, 1000)
    connections = open_connections(clients, 3)
    for _ in range(10):
        clients.set_buffered(connections[0], 900)
        clients.set_buffered(connections[0], 0)
        clients.set_buffered(connections[1], 900)
        clients.remove(connections[1])
        connections[1] = open_connections(clients, 1)[0]
    assert closed(connections) == []


def test_only_connections_whose_answers_do_not_arrive_are_abandoned() -> None:
    clients = ClientConnections(10, 1000)
    connections = [*open_connections(clients, 2, "token"), *open_connections(clients, 2)]
    connections[1].unacknowledged = connections[2].unacknowledged = True
    clients.abandon_unacknowledged()
    assert closed(connections) == [1, 2]
