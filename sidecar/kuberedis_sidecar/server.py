"""A server: one listening socket, one Sanic application, any number of instances."""

from __future__ import annotations

import asyncio
import itertools
import resource
import socket
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from kuberedis_core.sidecar_environment import DEFAULT_MEMORY_BYTES
from kuberedis_sidecar.errors import BasePathTaken, UnusableKey
from kuberedis_sidecar.gateway.gateway import Gateway
from kuberedis_sidecar.http.client_connections import ClientConnections
from kuberedis_sidecar.http.fair_acceptor import FairAcceptor
from kuberedis_sidecar.http.fast_path import GatewayProtocol
from kuberedis_sidecar.http.index import index
from kuberedis_sidecar.http.sanic_app import GatewayApp
from kuberedis_sidecar.http.sending_protocol import SOCKET_BUFFER_BYTES
from kuberedis_sidecar.settings import Settings
from kuberedis_sidecar.telemetry.log_output import standard_output
from kuberedis_sidecar.telemetry.tracing import Tracing
from kuberedis_sidecar.workers.board import Board
from kuberedis_sidecar.workers.supervisor import Worker

_BACKLOG = 2048
_DRAIN_POLL_SECONDS = 0.02
# A connection takes 12 KiB; with all of them there is a tenth of the memory limit.
_BYTES_PER_CONNECTION = 128 * 1024
# The part of the memory limit for requests of which the connections have not received all.
_BUFFERED_PART = 16
# Open files that are no connections of clients: those to Redis, above all.
_OTHER_FILES = 400

_names = itertools.count(1)


class Server:
    """Serves instances over HTTP, in a running event loop.

    Args:
        host: Address to listen on.
        port: Port; 0 takes a free one.
        tracing: Destination of spans; None for none.
        head_seconds: Seconds that a client may take to send the head of a request.
        memory_bytes: Memory limit of the process, from which the number of connections follows.
        lists_instances: Whether `/` lists the instances, for whom looks there.
        board: What several workers tell each other; None if there is one process.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        tracing: Tracing | None = None,
        head_seconds: float = 10,
        memory_bytes: int = DEFAULT_MEMORY_BYTES,
        *,
        lists_instances: bool = False,
        board: Board | None = None,
    ) -> None:
        self.host = host
        self.port = port
        self._clients = ClientConnections(_most_connections(memory_bytes), memory_bytes // _BUFFERED_PART)
        # Sanic requires a name that is unique in the process.
        self._app = GatewayApp(f"kuberedis-{next(_names)}", tracing, head_seconds, self._clients, board)
        if lists_instances:
            self._app.add_route(index(self._app.instances), "/", methods=["GET", "HEAD"], name="index")
        self._tracing = tracing
        self._server: Any = None
        self._forks = board is not None
        self._shared: socket.socket | None = None
        self._worker: Worker | None = None
        self._acceptor: FairAcceptor | None = None

    async def listen(self) -> None:
        """Listen, and make everything that does not need the event loop that serves: workers are forked after that, and share its memory.

        Raises:
            OSError: The address is taken, or not one of this machine.
        """
        # Sanic reads port 0 as "no port given", so the socket is made here. What it gets belongs to this event loop.
        listening = _listen(self.host, self.port)
        self.port = listening.getsockname()[1]
        self._shared = listening.dup() if self._forks else None
        self._server = await self._app.create_server(
            sock=listening, protocol=GatewayProtocol, backlog=_BACKLOG, asyncio_server_kwargs={"start_serving": False}
        )
        await self._server.startup()
        if self._forks:
            self._server.server.close()

    def join(self, worker: Worker, tracing: Tracing | None) -> None:
        """Be the server of one of several workers, in a process that was forked after `listen`.

        Args:
            worker: Which one.
            tracing: Destination of its spans; None for none.
        """
        self._worker = self._clients.worker = worker
        self._tracing = tracing

    async def start(self) -> None:
        """Accept connections.

        Raises:
            OSError: See `listen`.
        """
        if self._server is None:
            await self.listen()
        loop = asyncio.get_running_loop()
        standard_output().start(loop)
        if self._worker is None or self._shared is None:
            await self._server.start_serving()
            return
        protocol = partial(GatewayProtocol, loop=loop, app=self._app, connections=self._server.connections)
        self._acceptor = FairAcceptor(self._shared, protocol, self._worker)

    async def add(self, *settings: Settings) -> tuple[Gateway, ...]:
        """Serve an instance; it connects to its Redis in the background.

        Args:
            settings: Settings of its sidecar; of the sidecars of all members, if this process has them all.

        Returns:
            A gateway for each.

        Raises:
            BasePathTaken: Another instance has its base path.
            UnusableKey: It has no usable key.
        """
        gateways = await self._make(settings)
        try:
            self._app.instances.add(*gateways)
        except BasePathTaken:
            await _close(gateways)
            raise
        return gateways

    async def replace(self, *settings: Settings) -> tuple[Gateway, ...]:
        """Serve an instance with other settings under the same base path. Its streams end; new requests are served at once.

        Raises:
            UnusableKey: It has no usable key.
        """
        gateways = await self._make(settings)
        before = self._app.instances.remove(settings[0].base_path)
        self._app.instances.add(*gateways)
        await _end(before)
        return gateways

    async def remove(self, base_path: str) -> None:
        """Stop serving an instance. Its streams end; requests that wait for its Redis get 503."""
        await _end(self._app.instances.remove(base_path))

    async def drain(self, grace_seconds: float) -> None:
        """Shut down: fail readiness, end streams, finish running requests within `grace_seconds`; then close everything."""
        self._app.health.draining = True
        for gateway in self._app.instances:
            gateway.drain()
        self._close_idle()
        deadline = asyncio.get_running_loop().time() + grace_seconds
        while self._busy() and asyncio.get_running_loop().time() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(_DRAIN_POLL_SECONDS)
        if self._acceptor is not None:
            self._acceptor.close()
        else:
            self._server.server.close()
        for connection in list(self._server.connections):
            connection.close(timeout=0)
        await _close(self._app.instances)
        standard_output().flush()

    async def _make(self, settings: Sequence[Settings]) -> tuple[Gateway, ...]:
        made: list[Gateway] = []
        try:
            for one in settings:
                made.append(Gateway(one, self._tracing, self._worker))  # noqa: PERF401 those that are made are closed when one is not
        except UnusableKey:
            await _close(made)
            raise
        for gateway in made:
            if gateway.member is not None:
                gateway.member.finder.on_given_up = self._clients.abandon_unacknowledged
        return tuple(made)

    def _busy(self) -> bool:
        executing = self._app.active > 0 or any(gateway.executor.requests for gateway in self._app.instances)
        return executing or any(connection.receiving for connection in self._server.connections)

    def _close_idle(self) -> None:
        for connection in list(self._server.connections):
            connection.close_if_unused()


async def _end(gateways: Iterable[Gateway]) -> None:
    for gateway in gateways:
        gateway.drain()
    await _close(gateways)


async def _close(gateways: Iterable[Gateway]) -> None:
    await asyncio.gather(*(gateway.close() for gateway in gateways))


def _listen(host: str, port: int) -> socket.socket:
    """A socket that listens; its number of connections that wait, and its buffers, are those of the gateway."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.create_server((host, port), family=family, backlog=_BACKLOG)
    listening.setblocking(False)
    # Connections inherit them. Otherwise the kernel keeps megabytes for each client that does not read, and the container pays.
    for buffer in (socket.SO_SNDBUF, socket.SO_RCVBUF):
        listening.setsockopt(socket.SOL_SOCKET, buffer, SOCKET_BUFFER_BYTES)
    return listening


def _most_connections(memory_bytes: int) -> int:
    """The number of connections of clients that memory and the limit of open files, which is raised if possible, leave room for."""
    most = memory_bytes // _BYTES_PER_CONNECTION
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = most + _OTHER_FILES
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return most
    soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return most if soft == wanted else max(soft - _OTHER_FILES, soft // 2)
