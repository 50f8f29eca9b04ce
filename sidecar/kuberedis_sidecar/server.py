"""A server: one listening socket, one Sanic application, any number of instances."""

from __future__ import annotations

import asyncio
import itertools
import resource
import socket
from collections.abc import Iterable, Sequence
from typing import Any

from kuberedis_core.sidecar_environment import DEFAULT_MEMORY_BYTES
from kuberedis_sidecar.errors import BasePathTaken, UnusableKey
from kuberedis_sidecar.gateway.gateway import Gateway
from kuberedis_sidecar.http.client_connections import ClientConnections
from kuberedis_sidecar.http.fast_path import GatewayProtocol
from kuberedis_sidecar.http.index import index
from kuberedis_sidecar.http.sanic_app import GatewayApp
from kuberedis_sidecar.http.sending_protocol import SOCKET_BUFFER_BYTES
from kuberedis_sidecar.settings import Settings
from kuberedis_sidecar.telemetry.log_output import standard_output
from kuberedis_sidecar.telemetry.tracing import Tracing

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
    ) -> None:
        self.host = host
        self.port = port
        # Sanic requires a name that is unique in the process.
        clients = ClientConnections(_most_connections(memory_bytes), memory_bytes // _BUFFERED_PART)
        self._app = GatewayApp(f"kuberedis-{next(_names)}", tracing, head_seconds, clients)
        if lists_instances:
            self._app.add_route(index(self._app.instances), "/", methods=["GET", "HEAD"], name="index")
        self._tracing = tracing
        self._server: Any = None

    async def start(self) -> None:
        """Listen.

        Raises:
            OSError: The address is taken, or not one of this machine.
        """
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        # Sanic reads port 0 as "no port given", so the socket is made here.
        listening = socket.create_server((self.host, self.port), family=family, backlog=_BACKLOG)
        # Connections inherit them. Otherwise the kernel keeps megabytes for each client that does not read, and the container pays.
        for buffer in (socket.SO_SNDBUF, socket.SO_RCVBUF):
            listening.setsockopt(socket.SOL_SOCKET, buffer, SOCKET_BUFFER_BYTES)
        self.port = listening.getsockname()[1]
        self._server = await self._app.create_server(
            sock=listening, protocol=GatewayProtocol, backlog=_BACKLOG, asyncio_server_kwargs={"start_serving": False}
        )
        await self._server.startup()
        standard_output().start(asyncio.get_running_loop())
        await self._server.start_serving()

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
        self._app.draining = True
        for gateway in self._app.instances:
            gateway.drain()
        self._close_idle()
        deadline = asyncio.get_running_loop().time() + grace_seconds
        while self._busy() and asyncio.get_running_loop().time() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(_DRAIN_POLL_SECONDS)
        self._server.server.close()
        for connection in list(self._server.connections):
            connection.close(timeout=0)
        await _close(self._app.instances)
        standard_output().flush()

    async def _make(self, settings: Sequence[Settings]) -> tuple[Gateway, ...]:
        made: list[Gateway] = []
        try:
            for one in settings:
                made.append(Gateway(one, self._tracing))  # noqa: PERF401 those that are made are closed when one is not
        except UnusableKey:
            await _close(made)
            raise
        return tuple(made)

    def _busy(self) -> bool:
        return self._app.active > 0 or any(gateway.executor.requests for gateway in self._app.instances)

    def _close_idle(self) -> None:
        for connection in list(self._server.connections):
            connection.close_if_unused()


async def _end(gateways: Iterable[Gateway]) -> None:
    for gateway in gateways:
        gateway.drain()
    await _close(gateways)


async def _close(gateways: Iterable[Gateway]) -> None:
    await asyncio.gather(*(gateway.close() for gateway in gateways))


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
