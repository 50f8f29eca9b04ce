"""Responses as header fields and bytes, the same for both ways into the gateway."""

from __future__ import annotations

from http import HTTPStatus

from .translation.model import JSON, Response

_STATUS_LINES = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus}

_OK_JSON = _STATUS_LINES[200] + b"content-type: application/json\r\nconnection: keep-alive\r\ncontent-length: %d\r\nx-request-id: %b\r\n"
_ANY = b"%bcontent-type: %b\r\nconnection: keep-alive\r\ncontent-length: %d\r\nx-request-id: %b\r\n"
_SYNC = b"upstash-sync-token: %b\r\n"


def serialize(response: Response, request_id: bytes, sync_token: bytes) -> bytes:
    """The bytes of a response on a connection that stays open."""
    body = response.body
    if response.status == 200 and response.content_type is JSON and not response.headers:
        head = _OK_JSON % (len(body), request_id)
    else:
        line = _STATUS_LINES[response.status]
        head = _ANY % (line, response.content_type.encode(), len(body), request_id)
        head += b"".join([b"%b: %b\r\n" % (name.lower().encode(), value.encode()) for name, value in response.headers])
    return b"%b%b\r\n%b" % (head, _SYNC % sync_token, body)
