"""Traces over OTLP, see `kuberedis_core.tracing`; names as in OpenTelemetry's semantic conventions for HTTP and databases.

Requests that Sanic serves have spans of a tracer; those on the fast path see `fast_spans`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from kuberedis_core.tracing import close, span_sender, tracer_provider
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

        sender = span_sender()
        self._provider = tracer_provider(service, VERSION, sender)
        self._tracer: Tracer = self._provider.get_tracer(_SCOPE, VERSION)
        self._propagator = TraceContextTextMapPropagator()
        scope = InstrumentationScope(_SCOPE, VERSION)
        self.fast_spans = FastSpans(self._provider.sampler, sender.on_end, self._provider.resource, scope)
        """The spans of requests on the fast path."""

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
    first = command_name(commands[0])
    operation = first if len(commands) == 1 else "MULTI" if first == "MULTI" else "PIPELINE"
    attributes: dict[str, Any] = {"db.system.name": "redis", "db.operation.name": operation}
    if len(commands) > 1:
        attributes["db.operation.batch.size"] = len(commands) - 2 if operation == "MULTI" else len(commands)
    return attributes
