"""The short way into the gateway.

Sanic parses HTTP in Python, which costs more than everything else together. Here a complete and plain request that finds its connection
idle is read by llhttp, sent to Redis, and answered from the reply's callback, with no task and no future between. Whatever is not plain
goes to Sanic unchanged, byte for byte; so does everything that the short way would have to word an error for.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING, Any

from sanic.exceptions import RequestCancelled
from sanic.http.constants import Stage
from sanic.server.protocols.http_protocol import HttpProtocol

from kuberedis_sidecar.api.error_responses import error
from kuberedis_sidecar.api.model import Plan, Request, Response
from kuberedis_sidecar.http import cors
from kuberedis_sidecar.http.internal_error import internal_error
from kuberedis_sidecar.http.request_head import HeadReader, new_request_id
from kuberedis_sidecar.http.response_writer import chunk, serialize, serialize_head
from kuberedis_sidecar.http.strict_parser import StrictHttp
from kuberedis_sidecar.redis.connection import RedisUnavailable

if TYPE_CHECKING:
    from kuberedis_sidecar.gateway import Gateway
    from kuberedis_sidecar.http.sanic_app import GatewayApp

# A body that comes in several segments is put together here up to this size; a larger one is Sanic's to receive.
_MAX_BODY_BYTES = 48 * 1024


class GatewayProtocol(HttpProtocol):
    """One client's connection."""

    HTTP_CLASS = StrictHttp
    __slots__ = ("_awaited", "_busy", "_descriptor", "_free", "_gateway", "_heads", "_large", "_method", "_plan", "_request_id", "_started")

    app: GatewayApp
    # What the answer to the request in flight needs; set when one begins.
    _gateway: Gateway
    _plan: Plan
    _method: str
    _request_id: bytes
    _started: float
    _descriptor: int
    _large: asyncio.Task[None]

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._heads = HeadReader()
        self._busy = False
        self._awaited = 0
        # Whether it is known that neither Sanic nor an earlier request has a claim on what comes next.
        self._free = False

    def data_received(self, data: bytes) -> None:
        if self._free:
            if not self._short(data):
                self._to_sanic(data)
        elif self._busy:
            # Sanic gets it when the answer to the request before has been written.
            self._keep(data)
        elif self._awaited:
            self._continue(data)
        elif self.recv_buffer or not self._idle() or not self._short(data):
            self._to_sanic(data)

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)  # type: ignore[no-untyped-call]
        self._descriptor = transport.get_extra_info("socket").fileno()

    def pause_writing(self) -> None:
        self._free = False
        super().pause_writing()  # type: ignore[no-untyped-call]

    def check_timeouts(self) -> None:
        if self._awaited and monotonic() - self._time > self.request_timeout:
            self._awaited = 0
            self._data_received.set()
        super().check_timeouts()  # type: ignore[no-untyped-call]

    def close_if_unused(self) -> None:
        """Close unless a request is being read, served or answered."""
        if not self._busy and not self.recv_buffer and (self.http is None or self.http.stage is Stage.IDLE):
            self.close()

    def _idle(self) -> bool:
        http = getattr(self, "_http", None)
        return http is not None and http.stage is Stage.IDLE and not http.request_body and http.keep_alive and self._can_write.is_set()

    def _short(self, data: bytes) -> bool:
        """Serve a request the short way; False when it is not one for it."""
        plain = self._heads.read(data)
        if plain is None:
            return False
        method, path, query, head, end = plain
        missing = end + head.content_length - len(data)
        if missing:
            return self._await(data, missing, head.content_length)
        found = self.app.instances.resolve(path)
        if found is None or (query and b"_token=" in query):
            return False
        gateway, below = found
        if head.content_length and head.content_length > gateway.settings.max_body_bytes:
            return False
        way = gateway.shortcut(Request(method, below, query, data[end:], head.fields), head.bearer)
        if way is None:
            return False
        plan, link = way
        self._gateway, self._plan, self._method = gateway, plan, method
        self._request_id = head.request_id or new_request_id()
        self._started = monotonic()
        self._free = False
        self._busy = True
        gateway.requests += 1
        link.send(plan.packed, plan.count, self._answer, plan.raw)
        return True

    def _answer(self, got: Any) -> None:
        """Take Redis' replies, or why there are none, and write the answer."""
        gateway, plan = self._gateway, self._plan
        gateway.requests -= 1
        try:
            response = error(503, str(got)) if isinstance(got, RedisUnavailable) else plan.respond(got)
        except Exception as fault:  # noqa: BLE001
            # The client waits; it must not learn of our fault by a timeout.
            response = internal_error(fault)
        if gateway.settings.cors_origins:
            response = replace(response, headers=(*response.headers, *cors.headers("", gateway.settings.cors_origins).items()))
        self._time = now = monotonic()
        gateway.finished(plan.route, self._method, response.status, now - self._started, self._request_id)
        transport = self.transport
        if transport is None or transport.is_closing():
            self._busy = False
            return
        if response.pieces is not None:
            self._large = self.loop.create_task(self._send_pieces(response, response.pieces))
            return
        self._write(transport, serialize(response, self._request_id, gateway.sync_token()))
        self._done()

    def _write(self, transport: asyncio.Transport, data: bytes) -> None:
        """Write at once if nothing waits before it; uvloop would hold it back until all replies of this turn have been worded."""
        if transport.get_write_buffer_size():
            transport.write(data)
            return
        try:
            sent = os.write(self._descriptor, data)
        except OSError:
            # Full or broken: the transport knows what to do.
            sent = 0
        if sent < len(data):
            transport.write(data[sent:])

    def _done(self) -> None:
        """Turn to what comes next on the connection."""
        self._busy = False
        if self.recv_buffer:
            self._data_received.set()
        elif self._gateway.draining.is_set():
            self.close()
        else:
            self._free = self._can_write.is_set()

    async def _send_pieces(self, response: Response, pieces: Iterator[bytes]) -> None:
        """Send a large answer as fast as the client reads it, and let others have their turns between."""
        gateway = self._gateway
        gateway.requests += 1
        try:
            await self._send(serialize_head(response, self._request_id, gateway.sync_token()))
            for piece in pieces:
                await self._send(chunk(piece))
            await self._send(chunk(b""))
        except RequestCancelled:
            pass
        finally:
            gateway.requests -= 1
            self._done()

    async def _send(self, data: bytes) -> None:
        await asyncio.sleep(0)
        if self.transport is None:
            raise RequestCancelled
        await self.send(data)  # type: ignore[no-untyped-call]

    def _await(self, data: bytes, missing: int, content_length: int) -> bool:
        """Wait for the rest of a body that is not too large; False when that is Sanic's to do."""
        if missing < 0 or content_length > _MAX_BODY_BYTES:
            return False
        self._time = monotonic()
        self._free = False
        self._awaited = len(data) + missing
        self._keep(data)
        return True

    def _keep(self, data: bytes) -> None:
        self.recv_buffer += data
        if len(self.recv_buffer) >= self.app.config.REQUEST_BUFFER_SIZE and self.transport is not None:
            self.transport.pause_reading()

    def _continue(self, data: bytes) -> None:
        """Put a request together whose body comes in segments."""
        self.recv_buffer += data
        if len(self.recv_buffer) < self._awaited:
            return
        self._awaited = 0
        whole = bytes(self.recv_buffer)
        self.recv_buffer.clear()
        if not self._short(whole):
            self._to_sanic(whole)

    def _to_sanic(self, data: bytes) -> None:
        self._free = False
        http, began = self.http, self._time
        super().data_received(data)
        if http is not None and http.stage is Stage.REQUEST:
            # The time for a request's head runs from its first byte, or a client that dribbles would never run out of it.
            self._time = began
