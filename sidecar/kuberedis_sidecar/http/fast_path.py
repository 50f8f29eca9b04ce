"""The fast path for requests.

Sanic parses HTTP in Python, which costs more than everything else together. Here a complete and simple request on an idle connection is
parsed by llhttp, sent to Redis, and its response written from the callback of the replies, without a task or a future. Every other
request goes to Sanic unchanged, byte for byte, and so does one whose response is an error of the gateway.

Theory of operation: the bytes that arrive on a connection belong to one of five.

- The next request (`_free`): nothing is in progress, and so the fast path tries to serve them.
- The rest of a body (`_expected_bytes`): they are buffered until the request is complete, which is then tried in the same way. A body is
  buffered only for a caller with a valid credential.
- A request after the one that Redis is executing (`_busy`): they are buffered, and go to Sanic after the response.
- Nobody (`dropping`): the request was refused before its body was read. They are dropped until the client has seen the response.
- Sanic (none of these): it has a request in progress. Once `_idle` finds that it has none, the next bytes are tried again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from time import monotonic, time_ns
from typing import TYPE_CHECKING, Any

from sanic.exceptions import RequestCancelled
from sanic.http.constants import Stage

from kuberedis_sidecar.api.chunked import chunk
from kuberedis_sidecar.api.large_json import LARGE_BYTES, MEMORY_FACTOR
from kuberedis_sidecar.api.model import Request, Response
from kuberedis_sidecar.errors import BadCommand, SidecarError
from kuberedis_sidecar.gateway.answers import paid
from kuberedis_sidecar.http import cors
from kuberedis_sidecar.http.internal_error import internal_error
from kuberedis_sidecar.http.request_head import Head, HeadReader, new_request_id
from kuberedis_sidecar.http.response_writer import serialize, serialize_head
from kuberedis_sidecar.http.sending_protocol import SendingProtocol
from kuberedis_sidecar.http.strict_parser import StrictHttp

if TYPE_CHECKING:
    from kuberedis_sidecar.gateway.gateway import Gateway
    from kuberedis_sidecar.http.sanic_app import GatewayApp
    from kuberedis_sidecar.memory import Reservation
    from kuberedis_sidecar.redis.batch import OnResult
    from kuberedis_sidecar.telemetry.fast_spans import FastSpans, SampledRequest

# A larger request pays for its memory until Redis has replied.
_FREE_BYTES = 4 * 1024
# A smaller body is made in microseconds: then a request takes as long as Redis, and the clock is read once.
_QUICK_BYTES = 16 * 1024


class GatewayProtocol(SendingProtocol):
    """The connection of one client."""

    HTTP_CLASS = StrictHttp
    __slots__ = (
        "_busy",
        "_encode",
        "_expected_bytes",
        "_free",
        "_gateway",
        "_heads",
        "_large",
        "_method",
        "_request_id",
        "_route",
        "_started",
        "_status",
    )

    app: GatewayApp
    # What the response to the request in flight needs; set when the request is sent. The plan itself is not kept, for it may be large.
    _gateway: Gateway
    _route: str
    _encode: Callable[[Sequence[Any]], Response]
    _method: str
    _request_id: bytes
    _started: float
    _status: int
    _large: asyncio.Task[None]

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._heads = HeadReader()
        self._busy = False
        self._expected_bytes = 0
        # Whether it is certain that the next bytes begin a request, and that nothing else is in progress.
        self._free = False

    def data_received(self, data: bytes) -> None:
        if self._free:
            if not self._serve(data):
                self._to_sanic(data)
        elif self._busy:
            # Sanic gets it once the response to the previous request has been written.
            self._buffer(data)
        elif self._expected_bytes:
            self._continue(data)
        elif self.dropping:
            return
        elif self.recv_buffer or not self._idle() or not self._serve(data):
            self._to_sanic(data)

    def pause_writing(self) -> None:
        self._free = False
        super().pause_writing()

    def check_timeouts(self) -> None:
        if self._expected_bytes and monotonic() - self._time > self.request_timeout:
            self._expected_bytes = 0
            self._data_received.set()
        super().check_timeouts()  # type: ignore[no-untyped-call]

    def close_if_unused(self) -> None:
        """Close unless a request is being read, served or answered."""
        if not self._busy and not self.recv_buffer and (self.http is None or self.http.stage is Stage.IDLE):
            self.close()

    def _idle(self) -> bool:
        http = getattr(self, "_http", None)
        return http is not None and http.stage is Stage.IDLE and not http.request_body and http.keep_alive and self._can_write.is_set()

    def _serve(self, data: bytes) -> bool:
        """Serve a request on the fast path; False if it is not one for it."""
        parsed = self._heads.read(data)
        if parsed is None:
            return False
        method, path, query, head, end = parsed
        found = self.app.instances.resolve(path)
        if found is None or (query and b"_token=" in query):
            return False
        gateway, below = found
        length, size = head.content_length, len(data)
        if length and (length > LARGE_BYTES or length > gateway.max_body_bytes):
            return False
        missing = end + length - size
        if missing:
            return self._wait_for_body(data, missing, gateway, head)
        planned = gateway.fast_path_plan(Request(method, below, query, data[end:], head.options, False), head.bearer)
        if planned is None:
            return False
        plan, connection = planned
        self._gateway, self._method = gateway, method
        self._route, self._encode, self.reserve = plan.route, plan.encode, connection.reserve
        self._request_id = head.request_id or new_request_id()
        self._started = monotonic()
        on_result: OnResult = self._respond
        if self.stranger or size > _FREE_BYTES:
            admitted = self._admit(gateway, head.bearer, size)
            if admitted is None:
                return False
            on_result = admitted
        spans = gateway.fast_spans
        if spans is not None and spans.unsampled and head.traceparent is None:
            spans.unsampled -= 1
        elif spans is not None and (sampled := spans.begin(head.traceparent, head.tracestate, method, path, plan.commands)):
            on_result = partial(self._respond_and_trace, spans, sampled, on_result)
        try:
            connection.send(plan.commands, on_result, plan.raw)
        except BadCommand:
            return False
        gateway.executor.requests += 1
        if length:
            gateway.metrics.received_bytes += length
        self._free = False
        self._busy = True
        return True

    def _admit(self, gateway: Gateway, bearer: bytes | None, size: int) -> OnResult | None:
        """Charge a large request, and count the connection for whom it belongs to; None if Sanic has to wait for memory."""
        credential = gateway.authenticator.find(bearer)
        if credential is None:
            return None
        if self.stranger:
            self.identify(credential.grant)
        if size <= _FREE_BYTES:
            return self._respond
        reservation = gateway.memory.open(credential.grant)
        return partial(self._respond_and_release, reservation) if reservation.try_grow(MEMORY_FACTOR * size) else None

    def _respond_and_release(self, reservation: Reservation, result: Any) -> None:
        reservation.release()
        self._respond(result)

    def _respond_and_trace(self, spans: FastSpans, request: SampledRequest, respond: OnResult, result: Any) -> None:
        request.replied = time_ns()
        respond(result)
        spans.end(request, self._route, self._status)

    def _respond(self, result: Any) -> None:
        """Encode and write the response.

        Args:
            result: `Result` of the commands of the plan.
        """
        gateway = self._gateway
        gateway.executor.requests -= 1
        usual = type(result) is list
        self._time = now = monotonic()
        try:
            response = self._encode(result) if usual or not isinstance(result, SidecarError) else gateway.failure(result)
        except Exception as exception:  # noqa: BLE001
            # The client must get a response to a bug as well, and not run into its timeout.
            response = internal_error(exception)
        if response.pieces is not None or not usual:
            response = paid(response, result, self.reserve)
            gateway.metrics.refuse(response)
        if gateway.settings.cors_origins:
            response = replace(response, headers=(*response.headers, *cors.headers("", gateway.settings.cors_origins).items()))
        self._status = response.status
        seconds = now - self._started
        if usual and len(response.body) < _QUICK_BYTES:
            gateway.record(self._route, self._method, response, seconds, self._request_id, seconds)
        else:
            replied = seconds if isinstance(result, list) else None
            gateway.record(self._route, self._method, response, monotonic() - self._started, self._request_id, replied)
        transport = self.transport
        if transport is None or transport.is_closing():
            self._busy = False
            if response.release is not None:
                response.release()
            return
        if response.pieces is not None:
            self._large = self.loop.create_task(self._send_pieces(response, response.pieces))
            return
        self.write(transport, serialize(response, self._request_id, gateway.sync_token()))
        self._done()

    def _done(self) -> None:
        """Continue with the next request on the connection."""
        self._busy = False
        if self.recv_buffer:
            self._data_received.set()
        elif not self._gateway.fast_path:
            self.close()
        else:
            self._free = not self.waiting_for_client

    async def _send_pieces(self, response: Response, pieces: Iterator[bytes]) -> None:
        """Send a large response as fast as the client reads it, with a turn of the event loop for others after each piece."""
        gateway = self._gateway
        gateway.executor.requests += 1
        try:
            await self._send(serialize_head(response, self._request_id, gateway.sync_token()))
            for piece in gateway.metrics.counted(pieces):
                await (self._send(chunk(piece)) if piece else asyncio.sleep(0))
            await self._send(chunk(b""))
        except RequestCancelled:
            pass
        finally:
            gateway.executor.requests -= 1
            if response.release is not None:
                response.release()
            self._done()

    async def _send(self, data: bytes) -> None:
        await asyncio.sleep(0)
        await self.send(data)

    def _wait_for_body(self, data: bytes, missing: int, gateway: Gateway, head: Head) -> bool:
        """Wait for the rest of a body; False if Sanic has to receive it, or to refuse it."""
        credential = gateway.authenticator.find(head.bearer)
        if missing < 0 or credential is None:
            return False
        self.identify(credential.grant)
        self._time = monotonic()
        self._free = False
        self._expected_bytes = len(data) + missing
        self._buffer(data)
        return True

    def _buffer(self, data: bytes) -> None:
        self.recv_buffer += data
        if len(self.recv_buffer) >= self.app.config.REQUEST_BUFFER_SIZE and self.transport is not None:
            self.transport.pause_reading()
        self.count_buffer()

    def _continue(self, data: bytes) -> None:
        """Assemble a request whose body arrives in several segments."""
        self.recv_buffer += data
        if len(self.recv_buffer) < self._expected_bytes:
            self.count_buffer()
            return
        self._expected_bytes = 0
        whole = bytes(self.recv_buffer)
        self.recv_buffer.clear()
        self.count_buffer()
        if not self._serve(whole):
            self._to_sanic(whole)

    def _to_sanic(self, data: bytes) -> None:
        self._free = False
        http, started = self.http, self._time
        super().data_received(data)
        self.count_buffer()
        if http is not None and http.stage is Stage.REQUEST:
            # The time limit of a head starts at its first byte; otherwise a client that sends byte by byte would never exceed it.
            self._time = started
