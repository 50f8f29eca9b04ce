"""Responses as bytes."""

import pytest

from kuberedis_sidecar.api.chunked import chunk
from kuberedis_sidecar.api.model import BYTES, Response
from kuberedis_sidecar.http.response_writer import serialize, serialize_head

_TYPE = "HTTP/1.1 {}\r\ncontent-type: {}\r\nconnection: keep-alive\r\ncache-control: no-store\r\nx-content-type-options: nosniff\r\n"
_IDS = "x-request-id: id\r\nupstash-sync-token: sync\r\n"


def head(status: str, content_type: str, fields: str) -> bytes:
    """The head of a response."""
    return (_TYPE.format(status, content_type) + fields.format(ids=_IDS) + "\r\n").encode()


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        (Response(200, b'{"a":1}'), head("200 OK", "application/json", "content-length: 7\r\n{ids}") + b'{"a":1}'),
        (Response(200, b"\xff", BYTES), head("200 OK", "application/octet-stream", "content-length: 1\r\n{ids}") + b"\xff"),
        (
            Response(503, b"{}", headers=(("Retry-After", "1"),)),
            head("503 Service Unavailable", "application/json", "content-length: 2\r\n{ids}retry-after: 1\r\n") + b"{}",
        ),
    ],
)
def test_response_is_written(response: Response, expected: bytes) -> None:
    assert serialize(response, b"id", b"sync") == expected


def test_percent_signs_of_a_body_stay() -> None:
    assert serialize(Response(200, b"%b %d"), b"%b", b"sync").endswith(b"\r\n\r\n%b %d")


def test_large_response_is_chunked() -> None:
    large = Response(200, b"", pieces=iter(()))
    assert serialize_head(large, b"id", b"sync") == head("200 OK", "application/json", "transfer-encoding: chunked\r\n{ids}")
    assert chunk(b"x" * 255) == b"ff\r\n" + b"x" * 255 + b"\r\n"
    assert chunk(b"") == b"0\r\n\r\n"
