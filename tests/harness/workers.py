"""The worker processes of a sidecar, and whose a client's connection is, as the kernel knows it."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.harness.sidecar import Sidecar
from tests.harness.waiting import wait_until

_MOST_CONNECTIONS = 400
_REPLY_SECONDS = 20


class Client:
    """A connection to a sidecar that lives until it is closed, and the process that has accepted it."""

    def __init__(self, sidecar: Sidecar) -> None:
        self._sidecar = sidecar
        self._connection = http.client.HTTPConnection(sidecar.address, timeout=_REPLY_SECONDS)
        assert self.status() == 200
        self.worker = worker_of(sidecar, self._connection.sock)

    def status(self, key: str | None = None) -> int:
        """The status of a request with the instance's key, or another one."""
        return self.send("/echo/hello", key)[0]

    def send(self, path: str, key: str | None = None) -> tuple[int, str]:
        """Status and body of a request below the base path."""
        return self.ask(self._sidecar.base_path + path, {"Authorization": f"Bearer {key or self._sidecar.api_key}"})

    def ask(self, path: str, headers: dict[str, str] | None = None) -> tuple[int, str]:
        """Status and body of a request outside of the base path."""
        self._connection.request("GET", path, headers=headers or {})
        # Kept as long as this object: it would be made anew otherwise, and be another worker's.
        self._connection.auto_open = 0
        response = self._connection.getresponse()
        return response.status, response.read().decode()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def worker_of(sidecar: Sidecar, connection: socket.socket) -> int:
    """The process id of the worker that has accepted a connection."""
    own, other = connection.getsockname()[1], connection.getpeername()[1]

    def owner() -> int:
        sockets = {f"socket:[{inode}]" for local, remote, inode in _connections() if (local, remote) == (other, own)}
        return next((worker for worker in workers(sidecar) if sockets & _open_files(worker)), 0)

    return wait_until(owner, what="a worker that has the connection")


def workers(sidecar: Sidecar) -> set[int]:
    """The process ids of the workers that run now."""
    pid = sidecar.process.pid
    return {int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}


@contextmanager
def clients_of_all(sidecar: Sidecar, each: int) -> Iterator[dict[int, list[Client]]]:
    """So many connections to each worker, by its process id; more than are needed are closed."""
    kept: dict[int, list[Client]] = {worker: [] for worker in workers(sidecar)}
    opened: list[Client] = []
    try:
        while min(map(len, kept.values())) < each:
            assert len(opened) < _MOST_CONNECTIONS, kept
            opened.append(client := Client(sidecar))
            kept[client.worker].append(client)
        for surplus in (client for clients in kept.values() for client in clients[each:]):
            surplus.close()
        yield {worker: clients[:each] for worker, clients in kept.items()}
    finally:
        for client in opened:
            client.close()


def _connections() -> Iterator[tuple[int, int, str]]:
    """The local and the remote port of each TCP connection of this machine, and its inode; see proc(5)."""
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        yield int(fields[1].rpartition(":")[2], 16), int(fields[2].rpartition(":")[2], 16), fields[9]


def _open_files(pid: int) -> set[str]:
    found = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(OSError):
            found.add(str(descriptor.readlink()))
    return found
