"""How spans travel: those of both HTTP paths together, in the coding that OpenTelemetry's variables choose."""

import secrets
from collections.abc import Callable

import pytest

from tests.faults.traffic import client_of
from tests.harness.redis_server import RedisServer
from tests.harness.sidecar import Sidecar
from tests.telemetry.collector import collector


@pytest.mark.parametrize("coding", ["none", "gzip", "deflate"])
def test_spans_of_both_http_paths_are_sent_together_in_any_coding(
    redis_server: RedisServer, start_sidecar: Callable[..., Sidecar], coding: str
) -> None:
    trace_id = secrets.token_hex(16)
    with collector() as collected:
        sidecar = start_sidecar(
            redis_server,
            OTEL_EXPORTER_OTLP_ENDPOINT=collected.endpoint,
            OTEL_BSP_SCHEDULE_DELAY="600000",
            OTEL_EXPORTER_OTLP_COMPRESSION=coding,
        )
        with client_of(sidecar) as http:
            http.headers["traceparent"] = f"00-{trace_id}-b7ad6b7169203331-01"
            assert http.get("/echo/hello").status_code == 200
            assert http.get("/echo/hello", headers={"Origin": "https://a.example"}).status_code == 200
            assert http.get("/keys/a", headers={"Authorization": "Bearer wrong"}).status_code == 401
        assert sidecar.terminate() == 0
        assert len(collected.of_trace(trace_id)) == 5
        assert len(collected.bodies) == 1
