"""The fast path for requests.

Sanic parses HTTP in Python, which costs more than everything else together. Here a complete and simple request on an idle connection is
parsed by llhttp and sent to Redis, without a task or a future; `RespondingProtocol` writes its response. Every other request goes to Sanic
unchanged, byte for byte, and so does one whose response is an error of the gateway.

Theory of operation: the bytes that arrive on a connection belong to one of six.

- The next request (`_free`): nothing is in progress, and so the fast path tries to serve them.
- The rest of a body (`_expected_bytes`): they are buffered until the request is complete, which is then tried in the same way. A body is
  buffered only for a caller with a valid credential.
- The rest of a large body (`_large` as well): the same, but its memory is paid for, and once it is complete, the request waits for a turn
  of the event loop (`_busy`). What comes too slowly, or takes more than a turn, goes to Sanic, and is paid for until Sanic has taken it.
- A request after the one that Redis is executing (`_busy`): they are buffered, and go to Sanic after the response.
- Nobody (`dropping`): the request was refused before its body was read. They are dropped until the client has seen the response.
- Sanic (none of these): it has a request in progress. Once `_idle` finds that it has none, the next bytes are tried again.
"""

from __future__ import annotations

import asyncio
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any

from sanic.http.constants import Stage

from kuberedis_sidecar.api.large_json import LARGE_BYTES, MEMORY_FACTOR
from kuberedis_sidecar.api.model import Request
from kuberedis_sidecar.errors import BadCommand
from kuberedis_sidecar.http.large_request import LargeRequest, admit
from kuberedis_sidecar.http.request_head import Head, HeadReader, new_request_id
from kuberedis_sidecar.http.responding_protocol import RespondingProtocol
from kuberedis_sidecar.http.strict_parser import StrictHttp

if TYPE_CHECKING:
    from kuberedis_sidecar.gateway.gateway import Gateway
    from kuberedis_sidecar.gateway.turns import Turns
    from kuberedis_sidecar.http.sanic_app import GatewayApp
    from kuberedis_sidecar.redis.batch import OnResult

# A larger request pays for its memory until Redis has replied, unless it is one of few.
_FREE_BYTES = 4 * 1024
_MOST_UNPAID_BYTES = 512 * 1024


class GatewayProtocol(RespondingProtocol):
    """The connection of one client."""

    HTTP_CLASS = StrictHttp
    __slots__ = ("_expected_bytes", "_heads", "_large", "_serving")

    app: GatewayApp
    _serving: asyncio.Task[None]

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._heads = HeadReader()
        self._expected_bytes = 0
        # A large request that is not sent to Redis yet.
        self._large: LargeRequest | None = None

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
            if self._large is not None:
                self._large.hand_over(len(self.recv_buffer))
            self._data_received.set()
        super().check_timeouts()  # type: ignore[no-untyped-call]

    def close_if_unused(self) -> None:
        """Close unless a request is being read, served or answered."""
        if not self._busy and not self.recv_buffer and (self.http is None or self.http.stage is Stage.IDLE):
            self.close()

    @property
    def receiving(self) -> bool:
        """Whether a request of somebody with a valid credential is not complete, or not served yet."""
        return self._expected_bytes > 0 or self._large is not None

    def connection_lost(self, exc: Exception | None) -> None:
        if self._large is not None and not self._busy:
            self._forget(self._large)
        super().connection_lost(exc)

    def count_buffer(self) -> None:
        if self._large is None:
            super().count_buffer()
        elif self._large.is_gone(self.recv_buffer):
            self._forget(self._large)
            super().count_buffer()

    def _idle(self) -> bool:
        http = getattr(self, "_http", None)
        return http is not None and http.stage is Stage.IDLE and not http.request_body and http.keep_alive and self._can_write.is_set()

    def _serve(self, data: bytes, large: LargeRequest | None = None) -> bool:
        """Serve a request on the fast path; False if it is not one for it.

        Args:
            data: The request, or as much of it as has come; of a large one only the head.
            large: Its body.
        """
        parsed = self._heads.read(data)
        if parsed is None:
            return False
        method, path, query, head, end = parsed
        found = self.app.instances.resolve(path)
        if found is None or (query and b"_token=" in query):
            return False
        gateway, below = found
        length, size = head.content_length, len(data)
        if large is None:
            if length > LARGE_BYTES:
                return self._receive_large(data, end, gateway, head)
            if length and length > gateway.max_body_bytes:
                return False
            missing = end + length - size
            if missing:
                return self._wait_for_body(data, missing, gateway, head)
            request = Request(method, below, query, data[end:], head.options, False)
        else:
            request = Request(method, below, query, large.body, head.options, False)
            if not large.is_light(request):
                return False
        planned = gateway.fast_path_plan(request, head.bearer)
        if planned is None:
            return False
        plan, connection = planned
        self._gateway, self._method = gateway, method
        self._route, self._encode, self.reserve = plan.route, plan.encode, connection.reserve
        self._request_id = head.request_id or new_request_id()
        self._started = monotonic()
        on_result: OnResult = self._respond
        unpaid = 0
        if large is not None:
            self._paid, on_result = large.reservation, self._respond_and_release
        elif self.stranger or size > _FREE_BYTES:
            if gateway.unpaid_bytes + size <= _MOST_UNPAID_BYTES and not self.stranger:
                # To charge it would take longer than to parse it.
                unpaid = size
            elif not self._admit(gateway, head.bearer, size):
                return False
            elif size > _FREE_BYTES:
                on_result = self._respond_and_release
        spans = gateway.fast_spans
        if spans is not None and spans.unsampled and head.traceparent is None:
            spans.unsampled -= 1
        elif spans is not None and (sampled := spans.begin(head.traceparent, head.tracestate, method, path, plan.commands)):
            on_result = partial(self._respond_and_trace, spans, sampled, on_result)
        try:
            connection.send(plan.commands, on_result, plan.raw)
        except BadCommand:
            if large is None:
                self._release()
            self._paid = None
            return False
        gateway.executor.requests += 1
        if unpaid:
            gateway.unpaid_bytes, self._unpaid_bytes = gateway.unpaid_bytes + unpaid, unpaid
        if length:
            gateway.metrics.received_bytes += length
        self._free, self._busy = False, True
        return True

    def _admit(self, gateway: Gateway, bearer: bytes | None, size: int) -> bool:
        """Charge a request that is not small, and count the connection for whom it belongs to; False if Sanic has to wait for memory."""
        credential = gateway.authenticator.find(bearer)
        if credential is None:
            return False
        self.identify(credential.grant)
        if size > _FREE_BYTES:
            reservation = gateway.memory.open(credential.grant)
            if not reservation.try_grow(MEMORY_FACTOR * size):
                return False
            self._paid = reservation
        return True

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

    def _receive_large(self, data: bytes, body_offset: int, gateway: Gateway, head: Head) -> bool:
        """Receive a large body; False if Sanic has to."""
        size = body_offset + head.content_length
        credential = gateway.authenticator.find(head.bearer)
        if len(data) > size or credential is None:
            return False
        large = admit(gateway, credential, body_offset, head.content_length)
        if large is None:
            return False
        self.identify(credential.grant)
        self._time = monotonic()
        self._free = False
        self._large = large
        if len(data) == size and gateway.turns.has_room(size):
            self._serve_large(large, large.take(data))
        else:
            self._gateway = gateway
            self._expected_bytes = size
            self._continue(data)
        return True

    def _buffer(self, data: bytes) -> None:
        self.recv_buffer += data
        if len(self.recv_buffer) >= self.app.config.REQUEST_BUFFER_SIZE and self.transport is not None:
            self.transport.pause_reading()
        self.count_buffer()

    def _continue(self, data: bytes) -> None:
        """Assemble a request whose body arrives in several segments."""
        self.recv_buffer += data
        missing = self._expected_bytes - len(self.recv_buffer)
        if missing > 0:
            self.count_buffer()
            return
        self._expected_bytes = 0
        if self._large is None:
            whole = bytes(self.recv_buffer)
            self.recv_buffer.clear()
            self.count_buffer()
            if not self._serve(whole):
                self._to_sanic(whole)
        elif missing:
            self._hand_over(self._large)
        else:
            self._complete(self._large, self._gateway.turns)

    def _complete(self, large: LargeRequest, turns: Turns) -> None:
        """Serve a request whose body is complete, as soon as there is a turn for it."""
        head = large.take(self.recv_buffer)
        self.recv_buffer.clear()
        if turns.has_room(large.size):
            self._serve_large(large, head)
        else:
            self._busy = True
            self._serving = self.loop.create_task(self._serve_later(large, head, turns))

    async def _serve_later(self, large: LargeRequest, head: bytes, turns: Turns) -> None:
        await turns.next()
        self._busy = False
        if self.gone:
            self._forget(large)
        else:
            self._serve_large(large, head)

    def _serve_large(self, large: LargeRequest, head: bytes) -> None:
        served = False
        try:
            served = self._serve(head, large)
        finally:
            if served:
                self._large = None
            else:
                self.recv_buffer[:0] = head + large.body
                self._hand_over(large)

    def _hand_over(self, large: LargeRequest) -> None:
        """Leave what was received of a large request to Sanic."""
        large.hand_over(len(self.recv_buffer))
        self._data_received.set()

    def _forget(self, large: LargeRequest) -> None:
        large.reservation.release()
        self._large = None

    def _to_sanic(self, data: bytes) -> None:
        self._free = False
        http, started = self.http, self._time
        super().data_received(data)
        self.count_buffer()
        if http is not None and http.stage is Stage.REQUEST:
            # The time limit of a head starts at its first byte; otherwise a client that sends byte by byte would never exceed it.
            self._time = started
