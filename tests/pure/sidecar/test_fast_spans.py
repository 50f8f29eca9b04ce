"""Which requests of the fast path are traced, and what their spans say."""

from collections.abc import Iterator
from itertools import product

import pytest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_ON, Decision, ParentBased, Sampler, StaticSampler
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanKind, StatusCode

from kuberedis_sidecar.telemetry.fast_spans import FastSpans, root_bound

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


def recorder(chosen: Sampler) -> tuple[FastSpans, list[ReadableSpan]]:
    spans: list[ReadableSpan] = []
    return FastSpans(chosen, spans.append, Resource({"service.name": "s"}), InstrumentationScope("scope")), spans


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
    ids = {request.context.trace_id for request in sampled}
    assert len(ids) == len(sampled)
    # Whoever samples by the same ratio further on samples the same traces.
    assert max(trace_id % ALL for trace_id in ids) < ALL / 10


def test_spans_are_one_of_the_request_and_one_of_its_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "20")
    spans, recorded = recorder(ALWAYS_ON)
    header = f"00-{TRACE}-{PARENT}-01".encode()
    request = spans.begin(header, b"vendor=value", "POST", b"/instances/my-cache/pipeline", ((b"SET", b"a", b"1"), (b"GET", b"a")))
    assert request is not None
    request.replied = request.started + 5
    spans.end(request, "/pipeline", 503)
    redis, server = recorded
    assert (server.name, server.kind, server.status.status_code) == ("POST /pipeline", SpanKind.SERVER, StatusCode.ERROR)
    assert server.attributes == {
        "http.request.method": "POST",
        "http.route": "/pipeline",
        "http.response.status_code": 503,
        "url.path": "/instances/my-cache/",
        "url.scheme": "http",
    }
    assert (redis.name, redis.kind, redis.status.status_code) == ("PIPELINE", SpanKind.CLIENT, StatusCode.UNSET)
    assert redis.attributes == {"db.system.name": "redis", "db.operation.name": "PIPELINE", "db.operation.batch.size": 2}
    assert server.context is not None
    assert redis.context is not None
    assert server.parent is not None
    assert (server.parent.span_id, redis.parent) == (int(PARENT, 16), server.context)
    assert f"{server.context.trace_id:032x}" == f"{redis.context.trace_id:032x}" == TRACE
    assert server.context.trace_state["vendor"] == "value"
    assert server.context.span_id != redis.context.span_id
    assert server.start_time == redis.start_time == request.started
    assert redis.end_time == request.started + 5
