"""Traces: a request that carries `traceparent` is continued, and its spans reach a collector over OTLP."""

import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from tests.credentials.forging import claims
from tests.faults.traffic import client_of
from tests.harness.redis_server import RedisServer
from tests.harness.sidecar import Sidecar
from tests.harness.tokens import mint_token
from tests.harness.waiting import wait_until
from tests.telemetry.collector import Collector, Kind, as_dict, collector

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def redis_server(own_redis_server: RedisServer) -> RedisServer:
    """A server of this module's own: it is killed."""
    return own_redis_server


PARENT = "b7ad6b7169203331"


@pytest.fixture(scope="module")
def collected() -> Iterator[Collector]:
    """A collector for this module."""
    with collector() as running:
        yield running


@pytest.fixture(scope="module", params=["true", "false"], ids=["fast", "sanic"])
def traced(
    request: pytest.FixtureRequest,
    redis_server: RedisServer,
    start_sidecar: Callable[..., Sidecar],
    collected: Collector,
) -> Sidecar:
    """A sidecar that sends its spans to the collector twenty times a second."""
    return start_sidecar(
        redis_server,
        OTEL_EXPORTER_OTLP_ENDPOINT=collected.endpoint,
        OTEL_BSP_SCHEDULE_DELAY="50",
        KUBEREDIS_FAST_PATH=request.param,
    )


def traceparent(trace_id: str, sampled: bool = True) -> dict[str, str]:
    """The header of W3C's Trace Context, version 00."""
    return {"traceparent": f"00-{trace_id}-{PARENT}-{'01' if sampled else '00'}"}


@pytest.fixture
def trace_id() -> str:
    """A new trace."""
    return secrets.token_hex(16)


@pytest.fixture
def http(traced: Sidecar, redis_server: RedisServer, trace_id: str) -> Iterator[httpx.Client]:
    """A client whose requests belong to the trace; Redis is empty."""
    redis_server.client().flushall()
    with client_of(traced) as client:
        client.headers.update(traceparent(trace_id))
        yield client


def one_of_kind(spans: list[Span], kind: int) -> Span:
    (span,) = [span for span in spans if span.kind == kind]
    return span


def test_request_continues_the_trace_with_a_span_for_itself_and_one_for_redis(
    traced: Sidecar, http: httpx.Client, collected: Collector, trace_id: str
) -> None:
    assert http.post("/keys/a%20key", json={"value": "v"}).status_code == 200
    spans = collected.wait_for_spans(trace_id, 2)
    assert len(spans) == 2
    server, client = one_of_kind(spans, Kind.SPAN_KIND_SERVER), one_of_kind(spans, Kind.SPAN_KIND_CLIENT)
    assert server.parent_span_id.hex() == PARENT
    assert client.parent_span_id == server.span_id
    attributes = as_dict(server.attributes)
    assert attributes["http.request.method"] == "POST"
    assert attributes["http.response.status_code"] == 200
    assert attributes["url.scheme"] == "http"
    assert attributes["url.path"].startswith(traced.url.removeprefix(traced.origin) + "/keys/a")
    assert server.name == f"POST {attributes['http.route']}"
    assert "key" in attributes["http.route"]
    assert "a%20key" not in server.name
    assert server.status.code == Status.STATUS_CODE_UNSET
    call = as_dict(client.attributes)
    assert call["db.system.name"] == "redis"
    assert call["db.operation.name"] == "SET"
    assert client.name == "SET"
    assert server.start_time_unix_nano <= client.start_time_unix_nano <= client.end_time_unix_nano
    assert client.end_time_unix_nano <= server.end_time_unix_nano
    assert server.end_time_unix_nano - server.start_time_unix_nano < 5e9


def test_batches_are_one_call_with_its_size(http: httpx.Client, collected: Collector, trace_id: str) -> None:
    assert http.post("/pipeline", json=[["SET", "a", "1"], ["GET", "a"], ["DEL", "a"]]).status_code == 200
    assert http.post("/multi-exec", json=[["SET", "a", "1"], ["GET", "a"]]).status_code == 200
    calls = [as_dict(span.attributes) for span in collected.wait_for_spans(trace_id, 4) if span.kind == Kind.SPAN_KIND_CLIENT]
    assert [(call["db.operation.name"], call["db.operation.batch.size"]) for call in calls] == [
        ("PIPELINE", 3),
        ("MULTI", 2),
    ]


@pytest.mark.parametrize(
    ("method", "path", "content", "status", "calls"),
    [
        ("GET", "/keys/missing", None, 404, 1),
        ("POST", "/keys/a", b"nonsense", 400, 0),
        ("POST", "/", b'["NOSUCH"]', 400, 1),
        ("PATCH", "/keys/a", None, 405, 0),
        ("POST", "/", b'["BLPOP", "q", "0.05"]', 200, 1),
        ("GET", "/keys/a/b", None, 404, 0),
    ],
)
def test_span_has_the_status_and_an_error_of_the_client_is_none_of_the_server(
    http: httpx.Client,
    collected: Collector,
    trace_id: str,
    method: str,
    path: str,
    content: bytes | None,
    status: int,
    calls: int,
) -> None:
    assert http.request(method, path, content=content).status_code == status
    spans = collected.wait_for_spans(trace_id, 1 + calls)
    server = one_of_kind(spans, Kind.SPAN_KIND_SERVER)
    assert as_dict(server.attributes)["http.response.status_code"] == status
    assert as_dict(server.attributes)["http.request.method"] == method
    assert server.status.code == Status.STATUS_CODE_UNSET
    assert len(spans) == 1 + calls


def test_refused_request_has_a_span_and_calls_nothing(http: httpx.Client, collected: Collector, trace_id: str) -> None:
    assert http.get("/keys/a", headers={"Authorization": "Bearer wrong"}).status_code == 401
    (span,) = collected.wait_for_spans(trace_id, 1)
    assert as_dict(span.attributes)["http.response.status_code"] == 401


def test_unavailable_redis_is_an_error_of_the_span(
    http: httpx.Client, redis_server: RedisServer, collected: Collector, trace_id: str
) -> None:
    redis_server.kill()
    try:
        wait_until(lambda: http.get("/keys/a").status_code == 503)
        spans = collected.wait_for_spans(trace_id, 1)
    finally:
        redis_server.restart()
    server = next(span for span in spans if as_dict(span.attributes).get("http.response.status_code") == 503)
    assert server.status.code == Status.STATUS_CODE_ERROR
    wait_until(lambda: http.get("/keys/a").status_code == 404)


def test_request_without_traceparent_starts_a_trace(traced: Sidecar, collected: Collector) -> None:
    path = f"/echo/{secrets.token_hex(4)}"
    with client_of(traced) as http:
        assert http.get(path).status_code == 200
        assert http.get(path, headers={"traceparent": "00-nonsense"}).status_code == 200

    def arrived() -> list[Span]:
        return [span for span in collected.spans if as_dict(span.attributes).get("url.path", "").endswith(path)]

    wait_until(lambda: len(arrived()) == 2)
    first, second = arrived()
    assert (first.parent_span_id, second.parent_span_id) == (b"", b"")
    assert first.trace_id != second.trace_id


def test_trace_that_is_not_sampled_is_not_sent(traced: Sidecar, collected: Collector, trace_id: str) -> None:
    later = secrets.token_hex(16)
    with client_of(traced) as http:
        assert http.get("/echo/hello", headers=traceparent(trace_id, sampled=False)).status_code == 200
        assert http.get("/echo/hello", headers=traceparent(later)).status_code == 200
    collected.wait_for_spans(later, 2)
    assert collected.of_trace(trace_id) == []


def test_sampler_of_the_environment_decides_where_a_trace_begins(
    redis_server: RedisServer, start_sidecar: Callable[..., Sidecar], collected: Collector, trace_id: str
) -> None:
    sidecar = start_sidecar(
        redis_server,
        OTEL_EXPORTER_OTLP_ENDPOINT=collected.endpoint,
        OTEL_BSP_SCHEDULE_DELAY="50",
        OTEL_TRACES_SAMPLER="parentbased_traceidratio",
        OTEL_TRACES_SAMPLER_ARG="0",
    )
    path = f"/echo/{secrets.token_hex(4)}"
    with client_of(sidecar) as http:
        assert {http.get(path).status_code for _ in range(50)} == {200}
        assert http.get(path, headers=traceparent(trace_id)).status_code == 200
    collected.wait_for_spans(trace_id, 2)
    assert len([span for span in collected.spans if as_dict(span.attributes).get("url.path", "").endswith(path)]) == 1


def test_concurrent_requests_keep_their_traces_apart(traced: Sidecar, collected: Collector) -> None:
    traces = [secrets.token_hex(16) for _ in range(40)]
    with client_of(traced) as http:
        for trace in traces:
            assert http.post("/pipeline", json=[["ECHO", trace]], headers=traceparent(trace)).status_code == 200
    for trace in traces:
        spans = collected.wait_for_spans(trace, 2)
        assert one_of_kind(spans, Kind.SPAN_KIND_CLIENT).parent_span_id == one_of_kind(spans, Kind.SPAN_KIND_SERVER).span_id


def test_spans_name_the_service_and_hold_no_secret_and_no_data(traced: Sidecar, collected: Collector, trace_id: str) -> None:
    token = mint_token(traced, **claims(traced))
    with client_of(traced) as http:
        http.headers.update(traceparent(trace_id))
        assert http.get("/get/a", params={"_token": token}).status_code == 200
        assert http.get("/get/a", params={"_token": token + "x"}).status_code == 401
        assert http.post("/keys/a", json={"value": "the-treasure"}).status_code == 200
        assert http.post("/", json=["SET", "a", "the-treasure"], headers={"Authorization": f"Bearer {token}"}).status_code == 200
    collected.wait_for_spans(trace_id, 7)
    sent = b"".join(collected.bodies)
    for secret in (token, traced.api_key, "the-treasure", "_token"):
        assert secret.encode() not in sent
    assert all(resource["service.name"] for resource in collected.resources)
    assert all("telemetry.sdk.language" in resource for resource in collected.resources)


def test_last_spans_are_sent_before_the_process_ends(
    redis_server: RedisServer, start_sidecar: Callable[..., Sidecar], collected: Collector, trace_id: str
) -> None:
    sidecar = start_sidecar(redis_server, OTEL_EXPORTER_OTLP_ENDPOINT=collected.endpoint, OTEL_BSP_SCHEDULE_DELAY="600000")
    with client_of(sidecar) as http:
        assert http.get("/echo/hello", headers=traceparent(trace_id)).status_code == 200
    sidecar.process.send_signal(signal.SIGTERM)
    assert sidecar.process.wait(10) == 0
    assert len(collected.of_trace(trace_id)) == 2


def test_collector_that_is_away_disturbs_no_request(redis_server: RedisServer, start_sidecar: Callable[..., Sidecar]) -> None:
    sidecar = start_sidecar(
        redis_server,
        OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:1",
        OTEL_BSP_SCHEDULE_DELAY="20",
        KUBEREDIS_SHUTDOWN_GRACE_SECONDS="5",
    )
    with client_of(sidecar) as http:
        answers = [http.get("/echo/hello") for _ in range(100)]
    assert {answer.status_code for answer in answers} == {200}
    assert max(answer.elapsed.total_seconds() for answer in answers) < 1
    sidecar.process.send_signal(signal.SIGTERM)
    assert sidecar.process.wait(6) == 0


@pytest.mark.parametrize("wanted", [False, True])
def test_opentelemetry_is_imported_only_when_tracing_is_on(tmp_path: Path, collected: Collector, wanted: bool) -> None:
    (tmp_path / "api_key").write_text(secrets.token_urlsafe(32))
    environ = {
        **{name: value for name, value in os.environ.items() if not name.startswith("OTEL_")},
        **({"OTEL_EXPORTER_OTLP_ENDPOINT": collected.endpoint} if wanted else {}),
        "KUBEREDIS_INSTANCE": "imports",
        "KUBEREDIS_LISTEN": "127.0.0.1:0",
        "KUBEREDIS_AUTH_DIR": str(tmp_path),
        "KUBEREDIS_REDIS_URL": "redis://127.0.0.1:1",
    }
    command = [sys.executable, "-X", "importtime", "-m", "kuberedis_sidecar"]
    with (
        (tmp_path / "imports").open("wb") as stderr,
        subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=stderr, text=True) as process,
    ):
        assert process.stdout is not None
        assert any('"listening"' in line for line in process.stdout)
        process.send_signal(signal.SIGTERM)
    imports = (tmp_path / "imports").read_text()
    assert "sanic" in imports
    assert ("opentelemetry" in imports) is wanted
