"""A server: one listening socket, one Sanic application, any number of instances."""

from __future__ import annotations

import asyncio
import itertools
import socket
from typing import Any

from sanic.application.state import ApplicationServerInfo
from sanic.http.constants import HTTP

from kuberedis_sidecar.gateway import Gateway
from kuberedis_sidecar.http.fast_path import GatewayProtocol
from kuberedis_sidecar.http.sanic_app import GatewayApp
from kuberedis_sidecar.settings import Settings
from kuberedis_sidecar.telemetry.tracing import Tracing

_BACKLOG = 2048
_DRAIN_POLL_SECONDS = 0.02

_names = itertools.count(1)


class Server:
    """Serves instances over HTTP within a running event loop.

    Args:
        host: The address to listen on.
        port: The port; 0 takes a free one.
        tracing: Where spans go; None for nowhere.
        head_seconds: How long a client may take to send a request's head.
    """

    def __init__(self, host: str = "127.0.0.1", port: int = 0, tracing: Tracing | None = None, head_seconds: float = 10) -> None:
        self.host = host
        self.port = port
        # Sanic refuses a second application of one name within a process.
        self._app = GatewayApp(f"kuberedis-{next(_names)}", tracing, head_seconds)
        self._tracing = tracing
        self._server: Any = None

    async def start(self) -> None:
        """Listen.

        Raises:
            OSError: The address cannot be had.
        """
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        # Sanic takes port 0 for "none given", so the socket is made here.
        listening = socket.create_server((self.host, self.port), family=family, backlog=_BACKLOG)
        self.port = listening.getsockname()[1]
        # Sanic writes an empty Alt-Svc field unless it knows the one version of HTTP that it serves.
        self._app.state.server_info.append(ApplicationServerInfo({"version": HTTP.VERSION_1}))
        self._server = await self._app.create_server(
            sock=listening, protocol=GatewayProtocol, backlog=_BACKLOG, asyncio_server_kwargs={"start_serving": False}
        )
        await self._server.startup()
        await self._server.start_serving()

    async def add(self, settings: Settings) -> None:
        """Serve an instance; its Redis is connected to in the background.

        Raises:
            ValueError: Its base path is taken, or it has no usable key.
        """
        gateway = Gateway(settings, self._tracing)
        try:
            self._app.instances.add(gateway)
        except ValueError:
            await gateway.close()
            raise

    async def remove(self, base_path: str) -> None:
        """Stop serving an instance. Its streams end; requests that wait for its Redis are answered 503."""
        gateway = self._app.instances.take(base_path)
        gateway.drain()
        await gateway.close()

    async def drain(self, grace_seconds: float) -> None:
        """Shut down: fail readiness, end streams, finish what runs, for at most `grace_seconds`; then close everything."""
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
        await asyncio.gather(*(gateway.close() for gateway in self._app.instances))

    def _busy(self) -> bool:
        return self._app.active > 0 or any(gateway.requests for gateway in self._app.instances)

    def _close_idle(self) -> None:
        for connection in list(self._server.connections):
            connection.close_if_unused()
