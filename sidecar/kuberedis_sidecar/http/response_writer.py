"""Responses as bytes, for the fast path."""

from __future__ import annotations

from http import HTTPStatus

from kuberedis_sidecar.api.model import JSON, Response

TYPED = {"x-content-type-options": "nosniff"}
"""Header fields of every response (https://fetch.spec.whatwg.org/#x-content-type-options-header)."""

PRIVATE = {"cache-control": "no-store", **TYPED}
"""Those of a response to a credential (RFC 9111, section 5.2.2.5)."""

_STATUS_LINES = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus}

# The fast path serves nobody without a credential, and an answer to one is nobody else's. Its type is what it says.
_CONSTANT = b"connection: keep-alive\r\n" + b"".join(b"%b: %b\r\n" % (name.encode(), value.encode()) for name, value in PRIVATE.items())
_IDS = b"x-request-id: %b\r\nupstash-sync-token: %b\r\n"
_FIELDS = b"content-type: %b\r\n" + _CONSTANT + b"content-length: %d\r\n" + _IDS
_OK_JSON = _STATUS_LINES[200] + _FIELDS.replace(b"%b", JSON.encode(), 1) + b"\r\n%b"
_CHUNKED = b"%bcontent-type: %b\r\n" + _CONSTANT + b"transfer-encoding: chunked\r\n" + _IDS
_ANY = b"%b" + _FIELDS


def serialize_head(response: Response, request_id: bytes, sync_token: bytes) -> bytes:
    """The head of a response with a chunked body (RFC 9112, section 7.1)."""
    head = _CHUNKED % (_STATUS_LINES[response.status], response.content_type.encode(), request_id, sync_token)
    return b"%b%b\r\n" % (head, _fields(response))


def serialize(response: Response, request_id: bytes, sync_token: bytes) -> bytes:
    """A response on a connection that stays open."""
    body = response.body
    if response.status == 200 and response.content_type is JSON and not response.headers:
        return _OK_JSON % (len(body), request_id, sync_token, body)
    line = _STATUS_LINES[response.status]
    head = _ANY % (line, response.content_type.encode(), len(body), request_id, sync_token)
    return b"%b%b\r\n%b" % (head, _fields(response), body)


def _fields(response: Response) -> bytes:
    return b"".join([b"%b: %b\r\n" % (name.lower().encode(), value.encode()) for name, value in response.headers])
