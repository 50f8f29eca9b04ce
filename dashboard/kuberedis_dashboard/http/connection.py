"""The connection of one client. Sanic's logs stack traces when a client leaves at the wrong moment, or sends what is no request."""

from __future__ import annotations

import asyncio
from typing import Any

from sanic.exceptions import RequestCancelled, SanicException
from sanic.http import Http
from sanic.server.protocols.http_protocol import HttpProtocol


class Connection(HttpProtocol):
    """The connection of one client."""

    __slots__ = ()

    @property
    def task(self) -> asyncio.Task[None] | None:
        """What serves it; None once it has ended."""
        return self._task

    @property
    def is_gone(self) -> bool:
        """Whether the connection is closed."""
        return self.transport is None or self.transport.is_closing()

    async def send(self, data: bytes) -> None:
        """Send some bytes, on behalf of Sanic.

        Raises:
            RequestCancelled: The connection is closed.
        """
        if self.transport is None:
            raise RequestCancelled
        await super().send(data)  # type: ignore[no-untyped-call]


class _Http(Http):
    """The HTTP/1.1 of one connection."""

    protocol: Any

    async def error_response(self, exception: Exception) -> None:
        """Answer an error, unless the client has gone."""
        if self.protocol.is_gone:
            self.keep_alive = False
        else:
            await super().error_response(exception)

    def create_empty_request(self) -> None:
        """Make the request for an error response when none could be parsed."""
        try:
            super().create_empty_request()
        except SanicException:
            self.url = None
            super().create_empty_request()


Connection.HTTP_CLASS = _Http
