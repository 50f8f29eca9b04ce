"""Serving the dashboard: the socket, and its beginning and end."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from contextlib import suppress
from typing import Any

import uvloop
from sanic import Sanic
from sanic.application.state import ApplicationServerInfo
from sanic.http.constants import HTTP

from kuberedis_core import logging
from kuberedis_core.environment import LISTEN, SettingsError
from kuberedis_core.logging import log
from kuberedis_core.version import VERSION
from kuberedis_dashboard.app import Setup, make_app
from kuberedis_dashboard.gateway.service import ServiceGateways
from kuberedis_dashboard.http.connection import Connection
from kuberedis_dashboard.kube.cluster import Cluster, checked_against
from kuberedis_dashboard.settings import KUBERNETES_CA, DashboardSettings, unknown_settings
from kuberedis_dashboard.sources.cluster import of_cluster

_BACKLOG = 512
_END_SECONDS = 5.0


class DashboardServer:
    """A listening socket and the application behind it, in a running event loop.

    Args:
        app: the application, of `make_app`.
        listening: the socket, bound already.
    """

    def __init__(self, app: Sanic[Any, Any], listening: socket.socket) -> None:
        self._app = app
        self._listening = listening
        self._server: Any = None

    async def start(self) -> None:
        """Accept connections."""
        asyncio.get_running_loop().set_exception_handler(_report)
        # Without this, Sanic adds an empty Alt-Svc field to its responses.
        self._app.state.server_info.append(ApplicationServerInfo({"version": HTTP.VERSION_1}))
        self._server = await self._app.create_server(
            sock=self._listening, protocol=Connection, backlog=_BACKLOG, asyncio_server_kwargs={"start_serving": False}
        )
        await self._server.startup()
        await self._server.start_serving()

    async def close(self) -> None:
        """Accept no more connections and end those that are open; streams of pages connect again elsewhere.

        Afterwards nothing serves a request any more, so that what requests use can be closed.
        """
        self._server.server.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(_END_SECONDS):
                # What was accepted a moment ago is among the connections a moment later.
                while connections := list(self._server.connections):
                    await _end(connections)


async def _end(connections: list[Connection]) -> None:
    serving = [connection.task for connection in connections if connection.task is not None]
    for connection in connections:
        connection.close(timeout=0)
    # Connections whose task has ended are there until the event loop has closed them.
    await asyncio.wait(serving or [asyncio.ensure_future(asyncio.sleep(0))])


def _report(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log an error that nobody else handles. To uvloop it is one if a TLS connection, such as that of a watch, is closed on purpose while
    something arrives on it.
    """
    if context["message"] != "Fatal error on SSL protocol" or not isinstance(context.get("exception"), RuntimeError):
        loop.default_exception_handler(context)


def listening_socket(host: str, port: int) -> socket.socket:
    """A socket for the server.

    Args:
        host: address to listen on.
        port: port; 0 takes a free one.

    Raises:
        OSError: the address is taken, or not one of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=_BACKLOG)


def serve() -> int:
    """Run in a cluster until SIGTERM or SIGINT. Returns the exit code: 2 when a setting does not fit, 1 when the address is taken."""
    try:
        settings = DashboardSettings.from_environ(os.environ)
    except SettingsError as error:
        return _print_error(str(error), 2)
    logging.configure(settings.log_level)
    for name in unknown_settings(os.environ):
        log.warning("unknown_setting", variable=name, consequence="it is ignored")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_serve(settings))


async def _serve(settings: DashboardSettings) -> int:
    host, port = settings.listen
    try:
        address = checked_against(settings.kubernetes_url, settings.kubernetes_ca)
    except OSError as error:
        return _print_error(f"{KUBERNETES_CA}: the certificates in {settings.kubernetes_ca} cannot be used: {error}", 2)
    try:
        listening = listening_socket(host, port)
    except OSError as error:
        return _print_error(f"cannot listen on {host}:{port}: {error.strerror or error}; set {LISTEN}", 1)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    cluster, gateways = Cluster(address), ServiceGateways()
    setup = Setup(origins=(settings.origin,), prometheus_url=settings.prometheus_url)
    app = make_app(of_cluster(cluster), gateways, setup)
    server = DashboardServer(app, listening)
    await server.start()
    log.info("listening", address=f"{host}:{listening.getsockname()[1]}", origin=settings.origin, version=VERSION)
    await stop.wait()
    await server.close()
    await gateways.close()
    if app.ctx.prometheus is not None:
        await app.ctx.prometheus.close()
    await cluster.close()
    log.info("stopped")
    return 0


def _print_error(text: str, code: int) -> int:
    sys.stderr.write(f"kuberedis-dashboard: {text}\n")
    return code
