"""The whole way into the gateway: Sanic's part.

Sanic reads the request and writes the answer. Below an instance's base path its router is not asked: routes are found in the raw
target, because a key may hold any byte, an encoded slash included.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import replace
from time import perf_counter
from typing import Any

from sanic import HTTPResponse, Sanic
from sanic import Request as SanicRequest
from sanic.exceptions import MethodNotAllowed, SanicException, ServiceUnavailable

from kuberedis_sidecar.api import url
from kuberedis_sidecar.api.error_responses import error
from kuberedis_sidecar.api.model import EVENTS, Request, Response
from kuberedis_sidecar.auth.authenticator import Credential
from kuberedis_sidecar.gateway import Gateway, TooMany
from kuberedis_sidecar.http import cors
from kuberedis_sidecar.http.instance_registry import Instances
from kuberedis_sidecar.http.internal_error import internal_error
from kuberedis_sidecar.http.request_head import Head, new_request_id
from kuberedis_sidecar.sse.subscription import Subscription
from kuberedis_sidecar.telemetry import metrics
from kuberedis_sidecar.telemetry.tracing import Tracing

# A body may take this many times what Redis may take to answer.
_BODY_TIMEOUTS = 6
# Longer than the idle time of the load balancers in front, so that it is they who close a connection and never lose a request to it.
_KEEP_ALIVE_SECONDS = 620
# A body over the limit is still read, and dropped, up to here, so that the client gets to read the 413 and not a broken pipe.
_MAX_DROPPED_BYTES = 256 * 1024 * 1024

_TOO_LARGE = "ERR max request size exceeded. Limit: {} bytes, Actual: {} bytes"
_EVENT_HEADERS = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}


class BodyTooLarge(Exception):
    """The body is over the limit."""


class GatewayApp(Sanic[Any, Any]):
    """The Sanic application that serves instances, and the health and metrics of the process."""

    __slots__ = ("active", "draining", "instances", "tracing")

    def __init__(self, name: str, tracing: Tracing | None, head_seconds: float) -> None:
        super().__init__(name, configure_logging=False)
        self.instances = Instances()
        self.tracing = tracing
        self.active = 0
        self.draining = False
        self.config.update(
            ACCESS_LOG=False,
            MOTD=False,
            REQUEST_TIMEOUT=head_seconds,
            RESPONSE_TIMEOUT=float("inf"),
            KEEP_ALIVE_TIMEOUT=_KEEP_ALIVE_SECONDS,
            REQUEST_MAX_HEADER_SIZE=16384,
        )
        for path, handler in (("/livez", self._livez), ("/readyz", self._readyz), ("/metrics", self._metrics)):
            self.add_route(handler, path, methods=["GET", "HEAD"], name=path[1:])
        self.error_handler.add(Exception, _malformed)

    async def handle_request(self, request: SanicRequest) -> None:
        """Answer a request; one that is for no instance is Sanic's to route."""
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
        with gateway.traced(method, path.decode("latin-1"), request.headers) as trace:
            route, answer = await self._answer(request, gateway, below, query, head)
            status = answer.status if isinstance(answer, Response) else 200
            trace(route, status)
            fields = {"x-request-id": request_id.decode(), "upstash-sync-token": gateway.sync_token().decode()}
            fields |= cors.headers(head.origin, gateway.settings.cors_origins)
            try:
                if isinstance(answer, Response):
                    await self._send(request, answer, fields)
                else:
                    await self._stream(request, answer, fields)
            finally:
                gateway.finished(route, method, status, perf_counter() - started, request_id)

    async def _answer(
        self, request: SanicRequest, gateway: Gateway, path: bytes, query: bytes, head: Head
    ) -> tuple[str, Response | Subscription]:
        if request.method == "OPTIONS" and cors.allowed(head.origin, gateway.settings.cors_origins):
            return "preflight", cors.preflight(request.headers.get("access-control-request-headers", ""))
        asked = Request(request.method, path, query, b"", head.fields)
        try:
            # Nobody without a credential makes the gateway take a body.
            admitted = gateway.admit(asked, url.token(query) or head.bearer)
            if not isinstance(admitted, Credential):
                return admitted
            asked.body = await _body(request, gateway)
        except url.BadTarget as bad:
            return "invalid", error(400, str(bad))
        except BodyTooLarge as large:
            return "invalid", error(413, str(large))
        except TimeoutError:
            _close_after(request)
            return "invalid", error(408, "the body did not come in time")
        except TooMany as limit:
            return "invalid", error(429, str(limit))
        try:
            return await gateway.answer(asked, admitted)
        finally:
            gateway.body_bytes -= len(asked.body)

    async def _livez(self, _: SanicRequest) -> HTTPResponse:
        return _written(Response(200, b'{"status":"ok"}'), {})

    async def _readyz(self, _: SanicRequest) -> HTTPResponse:
        if self.draining:
            return _written(error(503, "shutting down"), {})
        reasons = await asyncio.gather(*(gateway.unready() for gateway in self.instances))
        problems = {gateway.settings.instance: reason for gateway, reason in zip(self.instances, reasons, strict=True) if reason}
        if problems:
            return _written(error(503, "; ".join(f"{name}: {reason}" for name, reason in problems.items())), {})
        return _written(Response(200, b'{"status":"ready"}'), {})

    async def _metrics(self, _: SanicRequest) -> HTTPResponse:
        snapshots = await asyncio.gather(*(gateway.snapshot() for gateway in self.instances))
        return _written(Response(200, metrics.render(snapshots), metrics.CONTENT_TYPE), {})

    async def _send(self, request: SanicRequest, answer: Response, fields: Mapping[str, str]) -> None:
        if self.draining:
            _close_after(request)
        if answer.pieces is not None and request.version == "1.0":
            answer = replace(answer, body=b"".join(answer.pieces), pieces=None)
        response = await request.respond(_written(answer, fields))
        if answer.pieces is not None and request.method != "HEAD":
            for piece in answer.pieces:
                await asyncio.sleep(0)
                await response.send(piece)
        await response.send(end_stream=True)

    async def _stream(self, request: SanicRequest, subscription: Subscription, fields: Mapping[str, str]) -> None:
        try:
            _close_after(request)
            response = await request.respond(headers={**fields, **_EVENT_HEADERS}, content_type=EVENTS)
            async with aclosing(subscription.events()) as events:
                async for chunk in events:
                    await response.send(chunk)
            await response.eof()
        finally:
            subscription.close()


def _written(answer: Response, fields: Mapping[str, str]) -> HTTPResponse:
    return HTTPResponse(answer.body, answer.status, {**fields, **dict(answer.headers)}, answer.content_type)


def _target(raw: bytes) -> tuple[bytes, bytes]:
    """The raw path and query of a request target, in origin or absolute form (RFC 9112, section 3.2)."""
    raw = raw.partition(b"#")[0]
    if not raw.startswith(b"/"):
        raw = b"/" + raw.partition(b"://")[2].partition(b"/")[2]
    path, _, query = raw.partition(b"?")
    return path, query


async def _body(request: SanicRequest, gateway: Gateway) -> bytes:
    """The request's body; what it has of `Gateway.body_bytes` is the caller's to give back.

    Raises:
        BodyTooLarge: It is over `limit` bytes, told as soon as its length is known and after it was read and dropped.
        TimeoutError: It did not come in time.
        TooMany: Too many bodies are held at once.
    """
    limit = gateway.settings.max_body_bytes
    stream: Any = request.stream
    if stream is None or not stream.request_body:
        return b""
    # The limit is kept here, in words that say so; Sanic's would close the connection before the client could read them.
    stream.request_max_size = _MAX_DROPPED_BYTES
    chunks: list[bytes] = []
    size = stream.request_bytes_left or 0
    kept = 0
    if size > limit and stream.expecting_continue:
        raise BodyTooLarge(_TOO_LARGE.format(limit, size))
    try:
        async with asyncio.timeout(_BODY_TIMEOUTS * gateway.settings.request_timeout_seconds):
            while stream.request_body:
                chunk = await stream.read() or b""
                kept += len(chunk)
                size = max(size, kept)
                if size <= limit:
                    gateway.take_body(len(chunk))
                    chunks.append(chunk)
        if size > limit:
            raise BodyTooLarge(_TOO_LARGE.format(limit, size))
    except BaseException:
        gateway.body_bytes -= sum(map(len, chunks))
        raise
    return b"".join(chunks)


def _close_after(request: SanicRequest) -> None:
    stream: Any = request.stream
    if stream is not None:
        stream.keep_alive = False


def _malformed(_: SanicRequest, exception: Exception) -> HTTPResponse:
    """A request that Sanic could not read, or a fault of ours, in the one form of errors."""
    if isinstance(exception, SanicException) and exception.status_code < 500:
        answer = error(exception.status_code, str(exception))
    elif isinstance(exception, ServiceUnavailable):
        answer = error(503, "shutting down")
    else:
        answer = internal_error(exception)
    if isinstance(exception, MethodNotAllowed):
        answer.headers = (("Allow", "GET, HEAD"),)
    return _written(answer, {"x-request-id": new_request_id().decode()})
