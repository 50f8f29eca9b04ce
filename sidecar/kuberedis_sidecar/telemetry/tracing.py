"""Traces over OTLP, see `kuberedis_core.tracing`; names as in OpenTelemetry's semantic conventions for HTTP and databases.

Requests that Sanic serves have spans of a tracer; those on the fast path see `fast_spans`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from kuberedis_core.tracing import close, span_processor, tracer_provider, tracing_resource
from kuberedis_core.version import VERSION
from kuberedis_sidecar.redis.command_table import command_name
from kuberedis_sidecar.redis.replies import Command

if TYPE_CHECKING:
    from opentelemetry.trace import Span, Tracer

_SCOPE = "kuberedis_sidecar"


class Tracing:
    """The tracer of this process.

    Args:
        service: Name of the service, unless ``OTEL_SERVICE_NAME`` is set.
    """

    def __init__(self, service: str) -> None:
        from opentelemetry.sdk.util.instrumentation import InstrumentationScope
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        from kuberedis_sidecar.telemetry.fast_spans import FastSpans
        from kuberedis_sidecar.telemetry.span_exporter import RequestEncoder, RequestExporter

        resource = tracing_resource(service, VERSION)
        encoder = RequestEncoder(resource, InstrumentationScope(_SCOPE, VERSION))
        # It asks a span for nothing but its context before it gives it to the exporter.
        processor: Any = span_processor(RequestExporter(encoder))
        self._provider = tracer_provider(resource, processor)
        self._tracer: Tracer = self._provider.get_tracer(_SCOPE, VERSION)
        self._propagator = TraceContextTextMapPropagator()
        self.fast_spans = FastSpans(self._provider.sampler, processor.on_end)
        """The traces of requests on the fast path."""

    @contextmanager
    def request(self, method: str, path: str, headers: Mapping[str, str]) -> Iterator[Span]:
        """The span of a request, a child of its ``traceparent`` if it has one. `path` has no query, which may contain a token."""
        from opentelemetry.trace import SpanKind

        context = self._propagator.extract(headers)
        with self._tracer.start_as_current_span(method, context, SpanKind.SERVER, request_attributes(method, path)) as span:
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

        attributes = redis_attributes(commands)
        with self._tracer.start_as_current_span(attributes["db.operation.name"], kind=SpanKind.CLIENT, attributes=attributes):
            yield

    def close(self) -> None:
        """Send the spans that are buffered, for a second at most."""
        close(self._provider)


def request_attributes(method: str, path: str) -> dict[str, Any]:
    """What is known of a request before its response."""
    return {"http.request.method": method, "url.path": path, "url.scheme": "http"}


def redis_attributes(commands: Sequence[Command]) -> dict[str, Any]:
    """The attributes of commands that are sent together."""
    operation, batch_size = redis_operation(commands)
    attributes: dict[str, Any] = {"db.system.name": "redis", "db.operation.name": operation}
    return attributes | {"db.operation.batch.size": batch_size} if batch_size else attributes


def redis_operation(commands: Sequence[Command]) -> tuple[str, int]:
    """The name of what commands that are sent together do, and their number; 0 if it is only one."""
    first = command_name(commands[0])
    if len(commands) == 1:
        return first, 0
    return ("MULTI", len(commands) - 2) if first == "MULTI" else ("PIPELINE", len(commands))
