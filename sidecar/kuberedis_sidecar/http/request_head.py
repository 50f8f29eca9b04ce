"""The head of an HTTP/1.1 request: what the gateway reads of its header fields, and llhttp's judgement whether it is a plain one."""

from __future__ import annotations

import itertools
import re
import secrets
from collections.abc import Iterable
from typing import TypeAlias

import httptools

from kuberedis_sidecar.api.model import BYTES, Fields

MAX_HEAD_BYTES = 8192

# What every parser reads alike. Anything else in a request line is Sanic's to judge.
_REQUEST_LINE = re.compile(
    rb"(GET|POST|PUT|DELETE) "
    rb"(/[A-Za-z0-9_.~%:@!$&'()*+,;=-][A-Za-z0-9_.~%:@!$&'()*+,;=/-]*)"
    rb"(?:\?([A-Za-z0-9_.~%:@!$&'()*+,;=/?-]*))? HTTP/1\.1\r\n"
)
_METHODS = {method.encode(): method for method in ("DELETE", "GET", "POST", "PUT")}
_VISIBLE = re.compile(rb"[!-~]{1,128}")
_LENGTH = re.compile(rb"[0-9]{1,9}")

# A request with one of these wants more than a reply of Redis, or may be read in more than one way.
_NOT_PLAIN = frozenset((b"expect", b"origin", b"transfer-encoding", b"upgrade", b"trailer", b"te"))
_ONCE = frozenset(
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

_id_prefix = secrets.token_hex(6).encode()
_id_serial = itertools.count(1)


class Head:
    """What the gateway reads of a request's header fields."""

    __slots__ = ("bearer", "content_length", "fields", "origin", "request_id")

    def __init__(self, fields: Iterable[tuple[bytes, bytes]]) -> None:
        """Args: fields: Names in lower case and values, in the order they came; of a repeated one the first counts."""
        found: dict[bytes, bytes] = {}
        for name, value in fields:
            found.setdefault(name, value.strip())
        get = found.get
        self.bearer = _bearer(get(b"authorization"))
        self.fields = Fields(
            sends_bytes=get(b"content-type", b"").partition(b";")[0].strip().lower() == _BYTES,
            wants_bytes=_BYTES in get(b"accept", b"").lower(),
            base64=get(b"upstash-encoding", b"").lower() == b"base64",
            format=get(b"upstash-response-format", b"json").decode("latin-1").lower(),
        )
        self.origin = get(b"origin", b"").decode("latin-1")
        self.request_id = _sane_id(get(b"x-request-id"))
        length = get(b"content-length", b"0")
        self.content_length = int(length) if _LENGTH.fullmatch(length) else -1


PlainHead: TypeAlias = "tuple[str, bytes, bytes, Head, int]"
"""Method, raw path, raw query, header fields, and where the body begins."""


class HeadReader:
    """Reads the plain heads of one connection.

    A client repeats its header fields to the byte from request to request, so the last ones are remembered with what they said.
    """

    __slots__ = ("_fields", "_head")

    def __init__(self) -> None:
        self._fields = b""
        self._head: Head | None = None

    def read(self, data: bytes) -> PlainHead | None:
        """The head at the start of `data`; None unless it is complete and plain."""
        line = _REQUEST_LINE.match(data)
        if line is None:
            return None
        start = line.end()
        if self._head is None or not data.startswith(self._fields, start):
            end = data.find(b"\r\n\r\n", start - 2, MAX_HEAD_BYTES) + 4
            if end < 4:
                return None
            self._head = _parse(data[:end])
            if self._head is None:
                return None
            self._fields = data[start:end]
        method, path, query = line.groups(b"")
        return _METHODS[method], path, query, self._head, start + len(self._fields)


def new_request_id() -> bytes:
    """An id for a request that brought none, unique over processes."""
    return b"%b-%x" % (_id_prefix, next(_id_serial))


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
    if not collector.complete or unique & _NOT_PLAIN or any(names.count(name) > 1 for name in unique & _ONCE):
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


def _sane_id(value: bytes | None) -> bytes | None:
    return value if value is not None and _VISIBLE.fullmatch(value) else None
