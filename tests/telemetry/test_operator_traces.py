"""Traces of the operator: a span for each reconcile, below it one for each request, and nothing of what the API server says."""

import subprocess
import sys
from contextlib import suppress

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from kuberedis_core.crd.names import NamespacedName
from kuberedis_operator.errors import ApiUnavailable
from kuberedis_operator.runtime.tracing import spans
from tests.telemetry.collector import Kind, as_dict, collector

SAID = "the API server quotes a password"


def reconcile(endpoint: str, status: int, result: str) -> None:
    """One reconcile with one request, which ends with that status, or without a response if it is 0."""
    traced = spans({"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint})
    try:
        with traced.reconcile("RedisHttpInstance", NamespacedName("shop", "cache")) as ended:
            with suppress(ApiUnavailable), traced.request("apply", "PATCH", "secrets") as answered:
                answered(status)
                raise ApiUnavailable(SAID)
            ended(result)
    finally:
        traced.close()


@pytest.mark.parametrize(
    ("status", "result", "request_failed", "reconcile_failed"),
    [(200, "ok", False, False), (409, "refused", False, False), (500, "refused", True, False), (0, "unavailable", True, True)],
)
def test_spans_say_how_a_reconcile_and_its_requests_ended(
    status: int, result: str, request_failed: bool, reconcile_failed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    with collector() as collected:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collected.endpoint)
        reconcile(collected.endpoint, status, result)
        request, parent = sorted(collected.spans, key=lambda span: span.parent_span_id == b"")
    assert (parent.name, request.name, request.kind) == ("reconcile RedisHttpInstance", "apply secrets", Kind.SPAN_KIND_CLIENT)
    assert request.parent_span_id == parent.span_id
    assert as_dict(parent.attributes) == {
        "k8s.namespace.name": "shop",
        "kuberedis.kind": "RedisHttpInstance",
        "kuberedis.instance.name": "cache",
        "kuberedis.result": result,
    }
    sent = {"http.request.method": "PATCH", "kuberedis.verb": "apply", "kuberedis.resource": "secrets"}
    assert as_dict(request.attributes) == sent | ({"http.response.status_code": status} if status else {})
    assert [failed(request), failed(parent)] == [request_failed, reconcile_failed]
    assert SAID.encode() not in b"".join(collected.bodies)


def failed(span: Span) -> bool:
    return span.status.code == Status.STATUS_CODE_ERROR


def test_an_operator_without_a_collector_loads_nothing_of_opentelemetry() -> None:
    code = "import sys, kuberedis_operator.serving as m; m.spans({}); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert "kuberedis_operator.runtime.tracing" in loaded
    assert [module for module in loaded if module.startswith("opentelemetry")] == []
