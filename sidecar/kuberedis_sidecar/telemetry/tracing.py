"""Traces over OTLP, when ``OTEL_EXPORTER_OTLP_ENDPOINT`` is set; names as in OpenTelemetry's semantic conventions for HTTP and databases.

OpenTelemetry is imported only when tracing is on, because of the memory and start time that it costs.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from kuberedis_sidecar import VERSION
from kuberedis_sidecar.redis.command_table import command_name
from kuberedis_sidecar.redis.replies import Command

if TYPE_CHECKING:
    from opentelemetry.trace import Span, Tracer

_CLOSE_SECONDS = 1.0
_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


class Tracing:
    """The tracer of this process.

    Args:
        service: Name of the service, unless ``OTEL_SERVICE_NAME`` is set.
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
        """The span of a request, a child of its ``traceparent`` if it has one. `path` has no query, which may contain a token."""
        from opentelemetry.trace import SpanKind

        attributes = {"http.request.method": method, "url.path": path, "url.scheme": "http"}
        context = self._propagator.extract(headers)
        with self._tracer.start_as_current_span(method, context, SpanKind.SERVER, attributes) as span:
            yield span

    def set_response(self, span: Span, method: str, route: str, status: int) -> None:
        """Add the route and the status to the span of a request."""
        from opentelemetry.trace import StatusCode

        span.update_name(f"{method} {route}")
        span.set_attribute("http.route", route)
        span.set_attribute("http.response.status_code", status)
        if status >= 500:
            span.set_status(StatusCode.ERROR)

    @contextmanager
    def redis(self, commands: Sequence[Command]) -> Iterator[None]:
        """The span of commands that are sent to Redis together, a child of the request's span."""
        from opentelemetry.trace import SpanKind

        first = command_name(commands[0])
        operation = first if len(commands) == 1 else "MULTI" if first == "MULTI" else "PIPELINE"
        attributes: dict[str, Any] = {"db.system.name": "redis", "db.operation.name": operation}
        if len(commands) > 1:
            attributes["db.operation.batch.size"] = len(commands) - 2 if operation == "MULTI" else len(commands)
        with self._tracer.start_as_current_span(operation, kind=SpanKind.CLIENT, attributes=attributes):
            yield

    def close(self) -> None:
        """Send the spans that are buffered, for a second at most: a collector that does not reply must not delay the exit."""
        sender = threading.Thread(target=self._provider.shutdown, daemon=True)
        sender.start()
        sender.join(_CLOSE_SECONDS)


def tracing_enabled(environ: Mapping[str, str]) -> bool:
    """Whether the environment names a collector."""
    return any(environ.get(name) for name in _ENDPOINTS)
