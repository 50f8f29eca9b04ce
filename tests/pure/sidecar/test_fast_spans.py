"""Which requests of the fast path are traced, and what their spans say."""

from collections.abc import Iterator, Sequence
from itertools import product

import pytest
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_ON, Decision, ParentBased, Sampler, StaticSampler
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from kuberedis_sidecar.redis.replies import Command
from kuberedis_sidecar.telemetry.fast_spans import FastSpans, SampledRequest, root_bound
from kuberedis_sidecar.telemetry.span_exporter import RequestEncoder
from kuberedis_sidecar.telemetry.tracing import redis_attributes, request_attributes

RESOURCE = Resource({"service.name": "s"})
SCOPE = InstrumentationScope("scope", "1")
ALL = 2**64
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
LOW_TRACE = "4bf92f3577b34da60000000000000001"
PARENT = "00f067aa0ba902b7"


class Own(StaticSampler):
    """A sampler that is not the SDK's."""


def sampler(monkeypatch: pytest.MonkeyPatch, name: str | None, argument: str | None) -> Sampler:
    """The sampler that OpenTelemetry's variables choose; None leaves one unset."""
    for variable, value in (("OTEL_TRACES_SAMPLER", name), ("OTEL_TRACES_SAMPLER_ARG", argument)):
        monkeypatch.delenv(variable, raising=False)
        if value is not None:
            monkeypatch.setenv(variable, value)
    return TracerProvider(shutdown_on_exit=False).sampler


def recorder(chosen: Sampler) -> tuple[FastSpans, list[SampledRequest]]:
    recorded: list[SampledRequest] = []
    return FastSpans(chosen, recorded.append), recorded


def traceparents() -> Iterator[tuple[bytes | None, bool | None]]:
    """Values of the header, and whether the parent was sampled; None for no parent."""
    yield None, None
    yield f"00-{TRACE}-{PARENT}-01".encode(), True
    yield f"00-{TRACE}-{PARENT}-00".encode(), False
    for invalid in (b"", b"00-nonsense", f"00-{'0' * 32}-{PARENT}-01".encode(), f"ff-{TRACE}-{PARENT}-01".encode(), b"\xff" * 55):
        yield invalid, None


@pytest.mark.parametrize(
    ("name", "argument", "expected"),
    [
        (None, None, ALL),
        ("always_on", None, ALL),
        ("always_off", None, 0),
        ("traceidratio", "0.25", ALL // 4),
        ("traceidratio", None, ALL),
        ("parentbased_always_on", None, ALL),
        ("parentbased_always_off", None, 0),
        ("parentbased_traceidratio", "0.25", ALL // 4),
        ("parentbased_traceidratio", "0", 0),
        ("parentbased_traceidratio", "much", ALL),
        ("no_sampler", None, ALL),
    ],
)
def test_a_trace_that_begins_here_needs_no_sampler(
    monkeypatch: pytest.MonkeyPatch, name: str | None, argument: str | None, expected: int
) -> None:
    assert root_bound(sampler(monkeypatch, name, argument)) == expected


@pytest.mark.parametrize("unknown", [Own(Decision.RECORD_AND_SAMPLE), ParentBased(Own(Decision.RECORD_AND_SAMPLE))])
def test_a_sampler_that_is_not_known_is_asked(unknown: Sampler) -> None:
    assert root_bound(unknown) is None
    assert recorder(unknown)[0].begin(None, None, "GET", b"/", ((b"GET", b"a"),)) is not None


# By the sampler: what becomes of a request without a parent, with one that was sampled, and with one that was not.
DECISIONS = {
    "always_on": (True, True, True),
    "always_off": (False, False, False),
    "parentbased_always_on": (True, True, False),
    "parentbased_always_off": (False, True, False),
}


@pytest.mark.parametrize(("name", "sent"), list(product(DECISIONS, traceparents())))
def test_a_parent_counts_as_the_sampler_says(monkeypatch: pytest.MonkeyPatch, name: str, sent: tuple[bytes | None, bool | None]) -> None:
    header, parent = sent
    expected = DECISIONS[name][{None: 0, True: 1, False: 2}[parent]]
    request = recorder(sampler(monkeypatch, name, None))[0].begin(header, None, "GET", b"/", ((b"GET", b"a"),))
    assert (request is not None) is expected
    if request is not None:
        assert (request.parent is not None) is (parent is not None)


@pytest.mark.parametrize(("trace", "expected"), [(TRACE, False), (LOW_TRACE, True)])
def test_a_ratio_depends_on_the_id_of_a_trace_that_began_elsewhere(monkeypatch: pytest.MonkeyPatch, trace: str, expected: bool) -> None:
    spans, _ = recorder(sampler(monkeypatch, "traceidratio", "0.01"))
    for flags in ("00", "01"):
        header = f"00-{trace}-{PARENT}-{flags}".encode()
        assert (spans.begin(header, None, "GET", b"/", ((b"GET", b"a"),)) is not None) is expected


def test_a_ratio_is_that_of_the_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    spans, _ = recorder(sampler(monkeypatch, "parentbased_traceidratio", "0.1"))
    requests = [spans.begin(None, None, "GET", b"/", ((b"GET", b"a"),)) for _ in range(10_000)]
    sampled = [request for request in requests if request is not None]
    # A binomial distribution with a standard deviation of 30.
    assert 800 < len(sampled) < 1200
    ids = {request.trace_id for request in sampled}
    assert len(ids) == len(sampled)
    # Whoever samples by the same ratio further on samples the same traces.
    assert max(trace_id % ALL for trace_id in ids) < ALL / 10


def by_tracer(method: str, path: str, route: str, status: int, commands: Sequence[Command], sent: bytes, state: bytes) -> dict[int, Span]:
    """The same spans as `Tracing` makes them, with OpenTelemetry's own means, by kind."""
    recorded: list[ReadableSpan] = []

    class Recorder(SpanProcessor):
        def on_end(self, span: ReadableSpan) -> None:
            recorded.append(span)

    provider = TracerProvider(resource=RESOURCE, shutdown_on_exit=False, sampler=ALWAYS_ON)
    provider.add_span_processor(Recorder())
    tracer = provider.get_tracer(SCOPE.name, SCOPE.version)
    fields = {"traceparent": sent.decode(), "tracestate": state.decode()} if sent else {}
    context = TraceContextTextMapPropagator().extract(fields)
    attributes = redis_attributes(commands)
    with tracer.start_as_current_span(method, context, SpanKind.SERVER, request_attributes(method, path)) as span:
        with tracer.start_as_current_span(attributes["db.operation.name"], kind=SpanKind.CLIENT, attributes=attributes):
            pass
        span.update_name(f"{method} {route}")
        span.set_attribute("http.route", route)
        span.set_attribute("http.response.status_code", status)
        if status >= 500:
            span.set_status(StatusCode.ERROR)
    (own,) = encode_spans(recorded).resource_spans
    return {span.kind: span for span in own.scope_spans[0].spans}


def alike(span: Span) -> tuple[Span, dict[str, AnyValue]]:
    """What has to be the same in any span of the same request: its attributes, whose order does not matter, and the rest."""
    rest = Span()
    rest.CopyFrom(span)
    for name in ("attributes", "trace_id", "span_id", "parent_span_id", "start_time_unix_nano", "end_time_unix_nano"):
        rest.ClearField(name)
    return rest, {attribute.key: attribute.value for attribute in span.attributes}


ONE: Sequence[Command] = ((b"GET", b"a"),)
BATCH: Sequence[Command] = ((b"SET", b"a", b"1"), (b"GET", b"a"))
TRANSACTION: Sequence[Command] = ((b"MULTI",), (b"GET", b"a"), (b"EXEC",))


@pytest.mark.parametrize("sent", [(b"", b""), (f"00-{TRACE}-{PARENT}-01".encode(), b"vendor=value,other=1")])
@pytest.mark.parametrize(
    ("method", "route", "status", "commands"),
    [("GET", "keys/{key}", 200, ONE), ("POST", "pipeline", 503, BATCH), ("POST", "multi-exec", 404, TRANSACTION)],
)
def test_spans_are_those_that_a_tracer_makes(
    sent: tuple[bytes, bytes], method: str, route: str, status: int, commands: Sequence[Command]
) -> None:
    spans, recorded = recorder(ALWAYS_ON)
    path = "/instances/my-cache/a"
    for _ in range(2):
        request = spans.begin(sent[0] or None, sent[1] or None, method, path.encode(), commands)
        assert request is not None
        request.replied = request.started + 5
        spans.end(request, route, status)
    assert all(request.context.trace_flags.sampled for request in recorded)
    (own,) = ExportTraceServiceRequest.FromString(RequestEncoder(RESOURCE, SCOPE).encode(recorded)).resource_spans
    assert [(attribute.key, attribute.value.string_value) for attribute in own.resource.attributes] == [("service.name", "s")]
    (scope,) = own.scope_spans
    assert (scope.scope.name, scope.scope.version) == ("scope", "1")
    expected = by_tracer(method, path, route, status, commands, *sent)
    for request, client, server in zip(recorded, scope.spans[::2], scope.spans[1::2], strict=True):
        assert alike(client) == alike(expected[Span.SPAN_KIND_CLIENT])
        assert alike(server) == alike(expected[Span.SPAN_KIND_SERVER])
        assert client.trace_id == server.trace_id == request.trace_id.to_bytes(16, "big")
        assert server.parent_span_id.hex() == (PARENT if sent[0] else "")
        assert client.parent_span_id == server.span_id
        assert client.start_time_unix_nano == server.start_time_unix_nano == request.started
        assert (client.end_time_unix_nano, server.end_time_unix_nano) == (request.started + 5, request.ended)
        assert not sent[0] or server.trace_id.hex() == TRACE
    assert len({span.span_id for span in scope.spans}) == 4


def test_path_is_as_long_as_attributes_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "20")
    request = recorder(ALWAYS_ON)[0].begin(None, None, "GET", b"/instances/my-cache/keys/a", ONE)
    assert request is not None
    assert request.path == "/instances/my-cache/"
