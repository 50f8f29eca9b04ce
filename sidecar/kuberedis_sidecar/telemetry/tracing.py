"""Traces over OTLP, when ``OTEL_EXPORTER_OTLP_ENDPOINT`` is set; names as in OpenTelemetry's semantic conventions for HTTP and databases.

OpenTelemetry is imported here only when it is wanted: it costs memory and time that an idle sidecar should not pay.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from kuberedis_sidecar import VERSION
from kuberedis_sidecar.api.model import Plan

if TYPE_CHECKING:
    from opentelemetry.trace import Span, Tracer

_CLOSE_SECONDS = 1.0
_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


class Tracing:
    """The tracer of this process.

    Args:
        service: The service's name, unless ``OTEL_SERVICE_NAME`` gives another.
    """

    def __init__(self, service: str) -> None:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, OTELResourceDetector, Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        resource = Resource.create({SERVICE_NAME: service, SERVICE_VERSION: VERSION}).merge(OTELResourceDetector().detect())
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self._tracer: Tracer = self._provider.get_tracer("kuberedis_sidecar", VERSION)
        self._propagator = TraceContextTextMapPropagator()

    @contextmanager
    def request(self, method: str, path: str, headers: Mapping[str, str]) -> Iterator[Span]:
        """The span of a request, a child of its ``traceparent`` if it has one. `path` must be without the query, which may hold a token."""
        from opentelemetry.trace import SpanKind

        attributes = {"http.request.method": method, "url.path": path, "url.scheme": "http"}
        context = self._propagator.extract(headers)
        with self._tracer.start_as_current_span(method, context, SpanKind.SERVER, attributes) as span:
            yield span

    def answered(self, span: Span, method: str, route: str, status: int) -> None:
        """Complete a request's span."""
        from opentelemetry.trace import StatusCode

        span.update_name(f"{method} {route}")
        span.set_attribute("http.route", route)
        span.set_attribute("http.response.status_code", status)
        if status >= 500:
            span.set_status(StatusCode.ERROR)

    @contextmanager
    def redis(self, plan: Plan) -> Iterator[None]:
        """The span of a call to Redis, a child of the request's."""
        from opentelemetry.trace import SpanKind

        # The first command's name stands in the third line of RESP.
        first = plan.packed.split(b"\r\n", 3)[2].decode(errors="replace").upper()
        operation = first if plan.count == 1 else "MULTI" if first == "MULTI" else "PIPELINE"
        attributes: dict[str, Any] = {"db.system.name": "redis", "db.operation.name": operation}
        if plan.count > 1:
            attributes["db.operation.batch.size"] = plan.count - 2 if operation == "MULTI" else plan.count
        with self._tracer.start_as_current_span(operation, kind=SpanKind.CLIENT, attributes=attributes):
            yield

    def close(self) -> None:
        """Send what is still held back, as far as it goes in a moment: a collector that is away must not hold up the exit."""
        sending = threading.Thread(target=self._provider.shutdown, daemon=True)
        sending.start()
        sending.join(_CLOSE_SECONDS)


def wanted(environ: Mapping[str, str]) -> bool:
    """Whether the environment names a collector."""
    return any(environ.get(name) for name in _ENDPOINTS)
