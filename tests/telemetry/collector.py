"""A collector of traces on loopback: OTLP over HTTP (https://opentelemetry.io/docs/specs/otlp/#otlphttp)."""

import gzip
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.harness.waiting import wait_until

Kind = Span.SpanKind
PROTOBUF = "application/x-protobuf"
_CODINGS: dict[str | None, Callable[[bytes], bytes]] = {"gzip": gzip.decompress, "deflate": zlib.decompress}


@dataclass
class Collector:
    """What has arrived so far: the spans, the attributes of their resources, and the bytes they came in."""

    endpoint: str
    spans: list[Span] = field(default_factory=list)
    resources: list[dict[str, Any]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    def wait_for_spans(self, trace_id: str, count: int) -> list[Span]:
        """Wait for that many spans of a trace, given in hexadecimal; the earliest first."""
        wait_until(lambda: len(self.of_trace(trace_id)) >= count, what=f"the arrival of {count} spans")
        return self.of_trace(trace_id)

    def of_trace(self, trace_id: str) -> list[Span]:
        wanted = bytes.fromhex(trace_id)
        return sorted((span for span in self.spans if span.trace_id == wanted), key=lambda span: span.start_time_unix_nano)


@contextmanager
def collector() -> Iterator[Collector]:
    """A collector that listens until the end of the block."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            decompress = _CODINGS.get(self.headers.get("Content-Encoding"))
            if decompress is not None:
                body = decompress(body)
            known = self.path == "/v1/traces" and self.headers["Content-Type"] == PROTOBUF
            if known:
                receive(collected, body)
            answer = ExportTraceServiceResponse().SerializeToString()
            self.send_response(200 if known else 400)
            self.send_header("Content-Type", PROTOBUF)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        collected = Collector(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield collected
        finally:
            server.shutdown()
            thread.join()


def receive(collected: Collector, body: bytes) -> None:
    """Take in one request."""
    request = ExportTraceServiceRequest.FromString(body)
    collected.bodies.append(body)
    for resource in request.resource_spans:
        collected.resources.append(as_dict(resource.resource.attributes))
        for scope in resource.scope_spans:
            collected.spans.extend(scope.spans)


def as_dict(attributes: Any) -> dict[str, Any]:
    """Attributes as a dictionary."""
    return {attribute.key: value_of(attribute) for attribute in attributes}


def value_of(attribute: KeyValue) -> Any:
    value: AnyValue = attribute.value
    kind = value.WhichOneof("value")
    return getattr(value, kind) if kind else None
