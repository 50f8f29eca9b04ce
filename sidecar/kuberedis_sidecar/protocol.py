"""The short way into the gateway.

Sanic parses HTTP in Python, which costs more than everything else together. Here a complete and plain request that finds its connection
idle is read by llhttp, sent to Redis, and answered from the reply's callback, with no task and no future between. Whatever is not plain
goes to Sanic unchanged, byte for byte; so does everything that the short way would have to word an error for.
"""

from __future__ import annotations

from time import monotonic, perf_counter
from typing import TYPE_CHECKING, Any

from sanic.http.constants import Stage
from sanic.server.protocols.http_protocol import HttpProtocol

from .connection import RedisUnavailable
from .head import HeadReader, new_request_id
from .translation.errors import error
from .translation.model import Plan, Request, Response
from .wire import serialize

if TYPE_CHECKING:
    from .app import GatewayApp
    from .gateway import Gateway

# A body that comes in several segments is put together here up to this size; a larger one is Sanic's to receive.
_MAX_BODY_BYTES = 48 * 1024


_METHODS = {method.encode(): method for method in ("DELETE", "GET", "POST", "PUT")}


class GatewayProtocol(HttpProtocol):
    """One client's connection."""

    __slots__ = ("_awaited", "_busy", "_gateway", "_heads", "_method", "_plan", "_request_id", "_started")

    app: GatewayApp
    # What the answer to the request in flight needs; set when one begins.
    _gateway: Gateway
    _plan: Plan
    _method: str
    _request_id: bytes
    _started: float

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._heads = HeadReader()
        self._busy = False
        self._awaited = 0

    def data_received(self, data: bytes) -> None:
        if self._busy:
            # Sanic gets it when the answer to the request before has been written.
            self._keep(data)
        elif self._awaited:
            self._continue(data)
        elif not self.recv_buffer and self._idle() and self._short(data):
            return
        else:
            self._to_sanic(data)

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
        if missing > 0 and head.content_length <= _MAX_BODY_BYTES:
            self._time = monotonic()
            self._awaited = len(data) + missing
            self._keep(data)
            return True
        if missing or head.bearer is None or b"_token=" in query:
            return False
        found = self.app.instances.resolve(path)
        if found is None:
            return False
        gateway, below = found
        text = _METHODS[method]
        way = gateway.shortcut(Request(text, below, query, data[end:], head.fields), head.bearer)
        if way is None:
            return False
        plan, link = way
        self._gateway, self._plan, self._method = gateway, plan, text
        self._request_id = head.request_id or new_request_id()
        self._started = perf_counter()
        self._busy = True
        gateway.requests += 1
        link.send(plan.packed, plan.count, self._answer, plan.raw)
        return True

    def _answer(self, got: Any) -> None:
        """Take Redis' replies, or why there are none, and write the answer."""
        gateway, plan = self._gateway, self._plan
        gateway.requests -= 1
        response = _worded(plan, got)
        seconds = perf_counter() - self._started
        gateway.finished(plan.route, self._method, response.status, seconds, self._request_id)
        self._busy = False
        if self.transport is None or self.transport.is_closing():
            return
        self._time = monotonic()
        self.transport.write(serialize(response, self._request_id, gateway.sync_token()))
        if self.recv_buffer:
            self._data_received.set()
        elif gateway.draining.is_set():
            self.close()

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
        http, began = self.http, self._time
        super().data_received(data)
        if http is not None and http.stage is Stage.REQUEST:
            # The time for a request's head runs from its first byte, or a client that dribbles would never run out of it.
            self._time = began


def _worded(plan: Plan, got: Any) -> Response:
    if isinstance(got, RedisUnavailable):
        return error(503, str(got))
    return plan.respond(got)
