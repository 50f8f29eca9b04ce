"""Spans over OTLP, as ``OTEL_EXPORTER_OTLP_ENDPOINT`` and OpenTelemetry's other variables say
(https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/).

OpenTelemetry is imported only when tracing is on, because of the memory and start time that it costs.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter

_CLOSE_SECONDS = 1.0
_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


def tracing_enabled(environ: Mapping[str, str]) -> bool:
    """Whether the environment names a collector, and does not turn OpenTelemetry off."""
    return environ.get("OTEL_SDK_DISABLED", "").lower() != "true" and any(environ.get(name) for name in _ENDPOINTS)


def span_sender() -> SpanProcessor:
    """What sends spans that have ended, many at a time, from a thread of its own."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    return span_processor(OTLPSpanExporter())


def span_processor(exporter: SpanExporter) -> SpanProcessor:
    """What gives spans that have ended to `exporter`, many at a time, in a thread of its own."""
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    return BatchSpanProcessor(exporter)


def tracing_resource(service: str, version: str) -> Resource:
    """What the spans of this process are of.

    Args:
        service: name of the service, unless ``OTEL_SERVICE_NAME`` is set.
        version: version of the service.
    """
    from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, OTELResourceDetector, Resource

    return Resource.create({SERVICE_NAME: service, SERVICE_VERSION: version}).merge(OTELResourceDetector().detect())


def tracer_provider(resource: Resource, sender: SpanProcessor) -> TracerProvider:
    """What makes spans.

    Args:
        resource: what they are of.
        sender: where they go when they have ended.
    """
    from opentelemetry.sdk.trace import TracerProvider

    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(sender)
    return provider


def close(provider: TracerProvider) -> None:
    """Send the spans that are buffered, for a second at most: a collector that does not reply must not delay the exit."""
    sender = threading.Thread(target=provider.shutdown, daemon=True)
    sender.start()
    sender.join(_CLOSE_SECONDS)
