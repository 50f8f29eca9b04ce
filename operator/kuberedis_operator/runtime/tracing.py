"""Spans of reconciles and of the requests to the API server that they make, when ``OTEL_EXPORTER_OTLP_ENDPOINT`` is set.

A span names a kind, a verb, namespace and name of the object that is reconciled, and how it ended; never a path, a body or the text of an
error, in which the API server quotes what it was sent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Protocol

from kuberedis_core.crd.names import FIELD_MANAGER, NamespacedName
from kuberedis_core.tracing import close, span_sender, tracer_provider, tracing_enabled, tracing_resource
from kuberedis_core.version import VERSION

if TYPE_CHECKING:
    from opentelemetry.trace import Span

_FAILURES = ("fault", "unavailable")


class Spans(Protocol):
    """Where spans begin. The value of each context is called with how it ended."""

    def reconcile(self, kind: str, key: NamespacedName) -> AbstractContextManager[Callable[[str], None]]:
        """The span of one reconcile; it ends with a result, as the metrics name it."""

    def request(self, verb: str, method: str, resource: str) -> AbstractContextManager[Callable[[int], None]]:
        """The span of a request to the API server, a child of its reconcile's; it ends with a status code, 0 for no response."""

    def close(self) -> None:
        """Send what is buffered, for a second at most."""


class NoSpans:
    """The spans of an operator that has no collector."""

    def reconcile(self, _kind: str, _key: NamespacedName) -> AbstractContextManager[Callable[[str], None]]:
        """See `Spans`."""
        return nullcontext(_ignore)

    def request(self, _verb: str, _method: str, _resource: str) -> AbstractContextManager[Callable[[int], None]]:
        """See `Spans`."""
        return nullcontext(_ignore)

    def close(self) -> None:
        """See `Spans`."""


class Tracing:
    """The spans of an operator that has a collector."""

    def __init__(self) -> None:
        self._provider = tracer_provider(tracing_resource(FIELD_MANAGER, VERSION), span_sender())
        self._tracer = self._provider.get_tracer("kuberedis_operator", VERSION)

    @contextmanager
    def reconcile(self, kind: str, key: NamespacedName) -> Iterator[Callable[[str], None]]:
        """See `Spans`."""
        attributes = {"k8s.namespace.name": key.namespace, "kuberedis.kind": kind, "kuberedis.instance.name": key.name}
        with self._tracer.start_as_current_span(f"reconcile {kind}", attributes=attributes, record_exception=False) as span:
            yield lambda result: _set_result(span, result)

    @contextmanager
    def request(self, verb: str, method: str, resource: str) -> Iterator[Callable[[int], None]]:
        """See `Spans`."""
        from opentelemetry.trace import SpanKind

        attributes = {"http.request.method": method, "kuberedis.verb": verb, "kuberedis.resource": resource}
        with self._tracer.start_as_current_span(
            f"{verb} {resource}", kind=SpanKind.CLIENT, attributes=attributes, record_exception=False, set_status_on_exception=False
        ) as span:
            yield lambda status: _set_status(span, status)

    def close(self) -> None:
        """See `Spans`."""
        close(self._provider)


UNTRACED: Spans = NoSpans()


def spans(environ: Mapping[str, str]) -> Spans:
    """Spans that go to the collector that the environment names, if it names one.

    Args:
        environ: the process environment.
    """
    return Tracing() if tracing_enabled(environ) else UNTRACED


def _set_result(span: Span, result: str) -> None:
    from opentelemetry.trace import StatusCode

    span.set_attribute("kuberedis.result", result)
    if result in _FAILURES:
        span.set_status(StatusCode.ERROR)


def _set_status(span: Span, status: int) -> None:
    """A refusal is no error of the span: a reconcile expects some, such as that an object is not there."""
    from opentelemetry.trace import StatusCode

    if status:
        span.set_attribute("http.response.status_code", status)
    if not status or status >= 500:
        span.set_status(StatusCode.ERROR)


def _ignore(_ended: object) -> None:
    """What nobody traces ends unseen."""
