"""Sanic's protocol, which responds to the requests that the fast path has sent to Redis.

The response is written from the callback of the replies, without a task or a future; a large one by a task, as fast as the client reads it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from time import monotonic, time_ns
from typing import TYPE_CHECKING, Any

from sanic.exceptions import RequestCancelled

from kuberedis_sidecar.api.chunked import chunk
from kuberedis_sidecar.api.model import Response
from kuberedis_sidecar.errors import SidecarError
from kuberedis_sidecar.gateway.answers import paid
from kuberedis_sidecar.http import cors
from kuberedis_sidecar.http.internal_error import internal_error
from kuberedis_sidecar.http.response_writer import serialize, serialize_head
from kuberedis_sidecar.http.sending_protocol import SendingProtocol

if TYPE_CHECKING:
    from kuberedis_sidecar.gateway.gateway import Gateway
    from kuberedis_sidecar.memory import Reservation
    from kuberedis_sidecar.redis.batch import OnResult
    from kuberedis_sidecar.telemetry.fast_spans import FastSpans, SampledRequest

# A smaller body is made in microseconds: then a request takes as long as Redis, and the clock is read once.
_QUICK_BYTES = 16 * 1024


class RespondingProtocol(SendingProtocol):
    """The connection of one client, with at most one request that Redis is executing."""

    __slots__ = (
        "_busy",
        "_encode",
        "_free",
        "_gateway",
        "_method",
        "_paid",
        "_request_id",
        "_route",
        "_sending",
        "_started",
        "_status",
        "_unpaid_bytes",
    )

    # What the response to the request in flight needs; set when the request is sent. The plan itself is not kept, for it may be large.
    _gateway: Gateway
    _route: str
    _encode: Callable[[Sequence[Any]], Response]
    _method: str
    _request_id: bytes
    _started: float
    _status: int
    _sending: asyncio.Task[None]

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        # Whether a request is being served on the fast path.
        self._busy = False
        # Whether it is certain that the next bytes begin a request, and that nothing else is in progress.
        self._free = False
        # What pays for the request in flight, unless it is small, or one of few that nobody pays for; then the bytes of that.
        self._paid: Reservation | None = None
        self._unpaid_bytes = 0

    def _respond_and_release(self, result: Any) -> None:
        self._release()
        self._respond(result)

    def _release(self) -> None:
        if self._paid is not None:
            self._paid.release()
            self._paid = None

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
        if self._unpaid_bytes:
            gateway.unpaid_bytes -= self._unpaid_bytes
            self._unpaid_bytes = 0
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
            self._sending = self.loop.create_task(self._send_pieces(response, response.pieces))
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
