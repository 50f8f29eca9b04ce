"""The head of an HTTP/1.1 request: the header fields that the gateway reads, and whether the fast path can serve the request."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TypeAlias

import httptools

from kuberedis_core.sidecar_environment import SMALLEST_MAX_HEAD_BYTES
from kuberedis_sidecar.api.model import BYTES, RequestOptions
from kuberedis_sidecar.random_ids import random_ids

# A larger head goes to Sanic.
_MAX_HEAD_BYTES = SMALLEST_MAX_HEAD_BYTES

# What every parser reads in the same way. Other request lines go to Sanic.
_REQUEST_LINE = re.compile(
    rb"(GET|POST|PUT|DELETE) "
    rb"(/[A-Za-z0-9_.~%:@!$&'()*+,;=-][A-Za-z0-9_.~%:@!$&'()*+,;=/-]*)"
    rb"(?:\?([A-Za-z0-9_.~%:@!$&'()*+,;=/?-]*))? HTTP/1\.1\r\n"
)
_METHODS = {method.encode(): method for method in ("DELETE", "GET", "POST", "PUT")}
_VISIBLE = re.compile(rb"[!-~]{1,128}")
_LENGTH = re.compile(rb"[0-9]{1,9}")

# A request with one of these needs more than a reply of Redis, or may be read in more than one way.
_SANIC_ONLY = frozenset((b"content-encoding", b"expect", b"origin", b"transfer-encoding", b"upgrade", b"trailer", b"te"))
_AT_MOST_ONCE = frozenset(
    (
        b"accept",
        b"authorization",
        b"connection",
        b"content-length",
        b"content-type",
        b"upstash-encoding",
        b"upstash-response-format",
        b"x-request-id",
    )
)

_BYTES = BYTES.encode()

new_request_id = random_ids(12).__next__
"""Returns an id for a request without one, unique across processes. On the fast path, and so without a frame."""


class Head:
    """The header fields of a request that the gateway reads.

    Args:
        fields: Names in lower case and values, in order; of a repeated name the first value counts.
    """

    __slots__ = ("bearer", "content_length", "options", "origin", "request_id", "traceparent", "tracestate")

    def __init__(self, fields: Iterable[tuple[bytes, bytes]]) -> None:
        first: dict[bytes, bytes] = {}
        for name, value in fields:
            first.setdefault(name, value.strip())
        get = first.get
        self.bearer = _bearer(get(b"authorization"))
        self.options = RequestOptions(
            sends_bytes=get(b"content-type", b"").partition(b";")[0].strip().lower() == _BYTES,
            wants_bytes=_BYTES in get(b"accept", b"").lower(),
            base64=get(b"upstash-encoding", b"").lower() == b"base64",
            format=get(b"upstash-response-format", b"json").decode("latin-1").lower(),
        )
        self.origin = get(b"origin", b"").decode("latin-1")
        self.request_id = _valid_id(get(b"x-request-id"))
        self.traceparent, self.tracestate = get(b"traceparent"), get(b"tracestate")
        length = get(b"content-length", b"0")
        self.content_length = int(length) if _LENGTH.fullmatch(length) else -1


RequestHead: TypeAlias = "tuple[str, bytes, bytes, Head, int]"
"""Method, raw path, raw query, header fields, and offset of the body."""


class HeadReader:
    """Reads the heads of one connection for the fast path.

    A client repeats its header fields byte for byte from request to request, so the last ones are remembered with their meaning.
    """

    __slots__ = ("_fields", "_head")

    def __init__(self) -> None:
        self._fields = b""
        self._head: Head | None = None

    def read(self, data: bytes) -> RequestHead | None:
        """The head at the start of `data`; None if it is incomplete, or not for the fast path."""
        line = _REQUEST_LINE.match(data)
        if line is None:
            return None
        start = line.end()
        if self._head is None or not data.startswith(self._fields, start):
            end = data.find(b"\r\n\r\n", start - 2, _MAX_HEAD_BYTES) + 4
            if end < 4:
                return None
            self._head = _parse(data[:end])
            if self._head is None:
                return None
            self._fields = data[start:end]
        method, path, query = line.groups(b"")
        return _METHODS[method], path, query, self._head, start + len(self._fields)


class _Collector:
    """llhttp's callbacks."""

    def __init__(self) -> None:
        self.fields: list[tuple[bytes, bytes]] = []
        self.complete = False

    def on_header(self, name: bytes, value: bytes) -> None:
        self.fields.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        self.complete = True


def _parse(data: bytes) -> Head | None:
    collector = _Collector()
    parser = httptools.HttpRequestParser(collector)
    try:
        parser.feed_data(data)
    except (httptools.HttpParserError, httptools.HttpParserUpgrade):
        return None
    names = [name for name, _ in collector.fields]
    unique = set(names)
    if not collector.complete or unique & _SANIC_ONLY or any(names.count(name) > 1 for name in unique & _AT_MOST_ONCE):
        return None
    for name, value in collector.fields:
        if name == b"connection" and value.strip().lower() != b"keep-alive":
            return None
        # obs-text is read as UTF-8 by some and as Latin-1 by others.
        if not value.isascii():
            return None
    head = Head(collector.fields)
    return head if head.content_length >= 0 else None


def _bearer(value: bytes | None) -> bytes | None:
    if not value:
        return None
    scheme, space, credential = value.partition(b" ")
    if space and scheme.lower() == b"bearer":
        return credential.strip() or None
    return value


def _valid_id(value: bytes | None) -> bytes | None:
    return value if value is not None and _VISIBLE.fullmatch(value) else None
