"""Sends spans over OTLP, those of requests on the fast path for a fifth of the processor time that others take.

The spans of the fast path are alike but for ids, times and path. So they are copied from a message that OpenTelemetry's encoder made of
the first one. OpenTelemetry's exporter sends them, with all its settings, together with the spans of a tracer: what is repeated in two
messages of protobuf is repeated in their bytes joined (https://protobuf.dev/programming-guides/encoding/#last-one-wins).
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, cast

import requests
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, SpanFlags
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanKind, Status, StatusCode

from kuberedis_sidecar.telemetry.fast_spans import SAMPLED_CONTEXT, SampledRequest

_LOCAL = SpanFlags.SPAN_FLAGS_CONTEXT_HAS_IS_REMOTE_MASK
_REMOTE = _LOCAL | SpanFlags.SPAN_FLAGS_CONTEXT_IS_REMOTE_MASK
# Clients choose methods and names of commands, so there is no end of kinds.
_KINDS = 256
_CODINGS: Mapping[str, Any] = {"gzip": gzip, "deflate": zlib}


class RequestEncoder:
    """Encodes the spans of requests on the fast path.

    Args:
        resource: What the spans are of.
        scope: Who makes them.
    """

    def __init__(self, resource: Resource, scope: InstrumentationScope) -> None:
        self._resource = resource
        self._scope = scope
        self._new_id = RandomIdGenerator().generate_span_id
        self._empty = self._encoded(ReadableSpan("", SAMPLED_CONTEXT, None, resource, instrumentation_scope=scope))
        del self._empty.resource_spans[0].scope_spans[0].spans[:]
        self._server = lru_cache(_KINDS)(self._new_server)
        self._client = lru_cache(_KINDS)(self._new_client)

    def encode(self, sampled: Iterable[SampledRequest]) -> bytes:
        """An `ExportTraceServiceRequest` with two spans of each: its own, and below it that of its commands."""
        message = ExportTraceServiceRequest()
        message.CopyFrom(self._empty)
        add = message.resource_spans[0].scope_spans[0].spans.add
        for request in sampled:
            trace_id = request.trace_id.to_bytes(16, "big")
            own_id = self._new_id().to_bytes(8, "big")
            state = "" if request.state is None else request.state.to_header()
            client = add()
            client.CopyFrom(self._client(request.operation, request.batch_size))
            client.trace_id, client.span_id, client.parent_span_id = trace_id, self._new_id().to_bytes(8, "big"), own_id
            client.start_time_unix_nano, client.end_time_unix_nano = request.started, request.replied
            server = add()
            server.CopyFrom(self._server(request.method, request.route, request.status))
            server.trace_id, server.span_id = trace_id, own_id
            server.start_time_unix_nano, server.end_time_unix_nano = request.started, request.ended
            server.attributes[-1].value.string_value = request.path
            if request.parent is not None:
                server.parent_span_id, server.flags = request.parent.span_id.to_bytes(8, "big"), _REMOTE
            if state:
                client.trace_state = server.trace_state = state
        return cast("bytes", message.SerializeToString())

    def _new_server(self, method: str, route: str, status: int) -> Span:
        attributes = {
            "http.request.method": method,
            "url.scheme": "http",
            "http.route": route,
            "http.response.status_code": status,
            "url.path": "",
        }
        outcome = Status(StatusCode.ERROR if status >= 500 else StatusCode.UNSET)
        return self._kind(f"{method} {route}", SpanKind.SERVER, attributes, outcome)

    def _new_client(self, operation: str, batch_size: int) -> Span:
        attributes: dict[str, Any] = {"db.system.name": "redis", "db.operation.name": operation}
        if batch_size:
            attributes["db.operation.batch.size"] = batch_size
        return self._kind(operation, SpanKind.CLIENT, attributes, Status(StatusCode.UNSET))

    def _kind(self, name: str, kind: SpanKind, attributes: Mapping[str, Any], status: Status) -> Span:
        span = ReadableSpan(
            name,
            SAMPLED_CONTEXT,
            None,
            self._resource,
            attributes,
            kind=kind,
            status=status,
            instrumentation_scope=self._scope,
        )
        return cast("Span", self._encoded(span).resource_spans[0].scope_spans[0].spans[0])

    @staticmethod
    def _encoded(span: ReadableSpan) -> ExportTraceServiceRequest:
        return encode_spans([span])


class RequestExporter(SpanExporter):
    """Sends spans of a tracer, and `SampledRequest`s beside them.

    Args:
        encoder: Encodes those.
    """

    def __init__(self, encoder: RequestEncoder) -> None:
        self._encoder = encoder
        self._session = _Session()
        self._exporter = OTLPSpanExporter(session=self._session)

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send some of both."""
        mixed = cast("Sequence[ReadableSpan | SampledRequest]", spans)
        sampled = [one for one in mixed if isinstance(one, SampledRequest)]
        self._session.beside = self._encoder.encode(sampled) if sampled else b""
        return self._exporter.export([one for one in mixed if isinstance(one, ReadableSpan)])

    def shutdown(self) -> None:
        """Send nothing any more."""
        self._exporter.shutdown()  # type: ignore[no-untyped-call]


class _Session(requests.Session):
    """Adds spans to those that are sent."""

    beside = b""

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """Send a request with what is `beside`, which is in the coding of its body."""
        body = cast("bytes", request.body or b"")
        coding = _CODINGS.get(str(request.headers.get("Content-Encoding", "")))
        body = body + self.beside if coding is None else coding.compress(coding.decompress(body) + self.beside)
        request.prepare_body(body, None)
        return super().send(request, **kwargs)
