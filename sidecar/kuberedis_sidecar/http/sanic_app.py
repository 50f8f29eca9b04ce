"""The Sanic application, which serves every request that the fast path does not.

Sanic parses the request and writes the response. Below the base path of an instance its router is not used: routes are found in the raw
target, because a key may contain any byte, an encoded slash included.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from functools import partial
from time import perf_counter
from typing import Any

from sanic import HTTPResponse, Sanic
from sanic import Request as SanicRequest
from sanic.application.state import ApplicationServerInfo
from sanic.http.constants import HTTP

from kuberedis_core.web_origins import origin_allowed
from kuberedis_sidecar.api import url
from kuberedis_sidecar.api.error_responses import error, failure
from kuberedis_sidecar.api.model import EVENTS, Request, Response
from kuberedis_sidecar.auth.authenticator import Credential
from kuberedis_sidecar.errors import BadBody, BadURL, BodyTooLarge, TooManyRequests, UnsupportedCoding
from kuberedis_sidecar.gateway.gateway import Gateway
from kuberedis_sidecar.http import cors
from kuberedis_sidecar.http.client_connections import ClientConnections
from kuberedis_sidecar.http.content_coding import ACCEPTED as ACCEPTED_CODINGS
from kuberedis_sidecar.http.health import Health
from kuberedis_sidecar.http.instance_registry import InstanceRegistry
from kuberedis_sidecar.http.internal_error import sanic_error
from kuberedis_sidecar.http.request_body import read_body
from kuberedis_sidecar.http.request_head import Head, new_request_id
from kuberedis_sidecar.http.response_writer import PRIVATE, TYPED
from kuberedis_sidecar.http.strict_parser import HeadTooLarge, TargetTooLong, check_head
from kuberedis_sidecar.memory import Reservation
from kuberedis_sidecar.sse.event_stream import EventStream
from kuberedis_sidecar.telemetry.tracing import Tracing
from kuberedis_sidecar.workers.board import Board

# Longer than the idle timeout of load balancers in front: if the gateway closed first, it could lose a request that is on its way.
_KEEP_ALIVE_SECONDS = 620
# How often a body in one piece is in memory while it is sent.
_COPIES = 3
_EVENT_HEADERS = {"X-Accel-Buffering": "no"}


class GatewayApp(Sanic[Any, Any]):
    """Serves instances, and the health and metrics of the process.

    Args:
        name: Name of the application, unique in the process.
        tracing: Destination of spans; None for none.
        head_seconds: Seconds that a client may take to send the head of a request.
        clients: The connections of clients.
        board: What several workers tell each other; None for one process.
    """

    __slots__ = ("active", "clients", "health", "instances", "tracing")

    def __init__(
        self, name: str, tracing: Tracing | None, head_seconds: float, clients: ClientConnections, board: Board | None = None
    ) -> None:
        super().__init__(name, configure_logging=False)
        # Without this, Sanic adds an empty Alt-Svc field to its responses.
        self.state.server_info.append(ApplicationServerInfo({"version": HTTP.VERSION_1}))
        self.clients = clients
        self.instances = InstanceRegistry()
        self.tracing = tracing
        self.active = 0
        self.health = Health(self.instances, board)
        self.config.update(
            ACCESS_LOG=False,
            MOTD=False,
            REQUEST_TIMEOUT=head_seconds,
            RESPONSE_TIMEOUT=float("inf"),
            KEEP_ALIVE_TIMEOUT=_KEEP_ALIVE_SECONDS,
        )
        for path, answer in self.health.handlers().items():
            self.add_route(partial(self._answer, answer), path, methods=["GET", "HEAD"], name=path[1:])
        self.error_handler.add(Exception, self._error_response)

    async def handle_request(self, request: SanicRequest) -> None:
        """Serve a request; Sanic routes it if it is not for an instance."""
        self.active += 1
        try:
            await self._handle(request)
        finally:
            self.active -= 1

    async def _handle(self, request: SanicRequest) -> None:
        path, query = _target(request.raw_url)
        head = Head(
            (name.encode("utf-8", "surrogateescape"), value.encode("utf-8", "surrogateescape")) for name, value in request.headers.items()
        )
        request_id = head.request_id or new_request_id()
        found = self.instances.resolve(path)
        if found is None:
            await super().handle_request(request)
            return
        started = perf_counter()
        gateway, below = found
        method = request.method
        with gateway.metrics.serving(), gateway.trace(method, path.decode("latin-1"), request.headers) as trace:
            route, response = await self._respond(request, gateway, below, query, head)
            answered = response if isinstance(response, Response) else Response(200, b"")
            trace(route, answered.status)
            fields = PRIVATE | {"x-request-id": request_id.decode(), "upstash-sync-token": gateway.sync_token().decode()}
            fields |= cors.headers(head.origin, gateway.settings.cors_origins)
            try:
                if isinstance(response, Response):
                    await self._send(request, gateway.metrics.counting(response), fields)
                else:
                    await self._stream(request, response, fields)
            finally:
                if answered.release is not None:
                    answered.release()
                gateway.metrics.refuse(answered)
                gateway.record(route, method, answered, perf_counter() - started, request_id)

    async def _respond(
        self, request: SanicRequest, gateway: Gateway, path: bytes, query: bytes, head: Head
    ) -> tuple[str, Response | EventStream]:
        if request.method == "OPTIONS" and origin_allowed(head.origin, gateway.settings.cors_origins):
            return "preflight", cors.preflight(request.headers.get("access-control-request-headers", ""))
        incoming = Request(request.method, path, query, b"", head.options)
        protocol: Any = request.protocol
        try:
            check_head(request.head, gateway.settings.max_head_bytes)
            # No body is read without a credential.
            credential = gateway.authenticate(incoming, url.token(query) or head.bearer)
        except BadURL as bad:
            return "invalid", error(400, str(bad))
        except (HeadTooLarge, TargetTooLong) as large:
            return "invalid", error(large.status_code, str(large))
        if not isinstance(credential, Credential):
            protocol.make_stranger()
            protocol.reserve = partial(gateway.memory.open, None)
            return credential
        protocol.identify(credential.grant)
        protocol.reserve = partial(gateway.memory.open, credential.grant)
        reservation = gateway.memory.open(credential.grant)
        try:
            refusal = await _read_body(request, incoming, gateway, reservation)
            return ("invalid", refusal) if refusal is not None else await gateway.handle(incoming, credential)
        finally:
            reservation.release()

    def _error_response(self, request: SanicRequest, exception: Exception) -> HTTPResponse:
        fields = {"x-request-id": new_request_id().decode()} | self._cors_of(request)
        return _to_sanic(sanic_error(exception), fields)

    def _cors_of(self, request: SanicRequest) -> dict[str, str]:
        """The fields for a page that reads an error which is no instance's answer, as far as the request can be read."""
        protocol: Any = request.protocol
        origin = request.headers.get("origin") or cors.origin_in(bytes(protocol.recv_buffer))
        found = self.instances.resolve(_target(request.raw_url)[0])
        gateways = [found[0]] if found is not None else list(self.instances)
        return cors.headers(origin, frozenset().union(*(gateway.settings.cors_origins for gateway in gateways)))

    async def _answer(self, answer: Callable[[Any], Awaitable[Response]], request: SanicRequest) -> HTTPResponse:
        return _to_sanic(await answer(request.args), {})

    async def _send(self, request: SanicRequest, response: Response, fields: Mapping[str, str]) -> None:
        if self.health.draining:
            _close_after(request)
        protocol: Any = request.protocol
        whole = protocol.reserve() if response.pieces is not None and request.version == "1.0" else None
        try:
            if whole is not None:
                response = await _in_one_piece(response, whole)
                # What the client does not read in time is paid for already.
                protocol.reserve = None
            await self._send_response(request, response, fields)
        finally:
            if whole is not None:
                whole.release()

    async def _send_response(self, request: SanicRequest, response: Response, fields: Mapping[str, str]) -> None:
        stream = await request.respond(_to_sanic(response, fields))
        if response.pieces is not None and request.method == "HEAD":
            # As with GET, there is no Content-Length.
            await stream.send(b"", end_stream=False)
        elif response.pieces is not None:
            for piece in response.pieces:
                await asyncio.sleep(0)
                if piece:
                    await stream.send(piece)
        await stream.send(end_stream=True)

    async def _stream(self, request: SanicRequest, stream: EventStream, fields: Mapping[str, str]) -> None:
        protocol: Any = request.protocol
        try:
            _close_after(request)
            response = await request.respond(headers={**fields, **_EVENT_HEADERS}, content_type=EVENTS)
            await stream.serve(response.send, protocol)
            await response.eof()
        finally:
            stream.close()


async def _in_one_piece(response: Response, memory: Reservation) -> Response:
    """A response in pieces as HTTP/1.0 needs it, which has no chunks; or the refusal if that does not fit into memory."""
    pieces: list[bytes] = []
    for piece in response.pieces or ():
        await asyncio.sleep(0)
        if not memory.try_grow(_COPIES * len(piece)):
            return error(413, "the answer is too large for HTTP/1.0; use HTTP/1.1, or read less at once")
        pieces.append(piece)
    return replace(response, body=b"".join(pieces), pieces=None)


def _to_sanic(response: Response, fields: Mapping[str, str]) -> HTTPResponse:
    return HTTPResponse(response.body, response.status, {**TYPED, **fields, **dict(response.headers)}, response.content_type)


def _target(raw: bytes) -> tuple[bytes, bytes]:
    """The raw path and query of a request target, in origin or absolute form (RFC 9112, section 3.2)."""
    raw = raw.partition(b"#")[0]
    if not raw.startswith(b"/"):
        raw = b"/" + raw.partition(b"://")[2].partition(b"/")[2]
    path, _, query = raw.partition(b"?")
    return path, query


async def _read_body(request: SanicRequest, incoming: Request, gateway: Gateway, reservation: Reservation) -> Response | None:
    """Read the body of a request; the response if it is refused."""
    try:
        await read_body(request, incoming, gateway, reservation)
    except BadBody as bad:
        return error(400, str(bad))
    except TimeoutError:
        return error(408, "the body did not come in time")
    except BodyTooLarge as large:
        return error(413, str(large))
    except UnsupportedCoding as unsupported:
        return error(415, str(unsupported), (("Accept-Encoding", ACCEPTED_CODINGS),))
    except TooManyRequests as limit:
        return failure(limit)
    return None


def _close_after(request: SanicRequest) -> None:
    stream: Any = request.stream
    if stream is not None:
        stream.keep_alive = False
