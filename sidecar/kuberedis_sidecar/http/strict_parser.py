"""Sanic's HTTP/1.1, which accepts only what llhttp accepts as well.

Sanic's own parser accepts heads that other parsers read differently (a space before a colon, a bare line feed, digits of other scripts).
Behind a proxy such a difference allows request smuggling, so whatever llhttp refuses is answered with 400 and closes the connection.
"""

from __future__ import annotations

import re
from typing import NoReturn

import httptools
from sanic.exceptions import BadRequest, SanicException
from sanic.http import Http
from sanic.http.http1 import HTTP_CONTINUE
from sanic.response import BaseHTTPResponse

from kuberedis_core.sidecar_environment import LARGEST_MAX_HEAD_BYTES
from kuberedis_sidecar.http.limited_protocol import LimitedProtocol

# The line break before it ends the head or the previous chunk.
_CHUNK_LINE = re.compile(rb"\r\n([0-9A-Fa-f]+)[ \t]*(?:;[\t -~\x80-\xff]*)?")
_MAX_CHUNK_LINE = 64
_MAX_TRAILER_BYTES = 8192
_NOT_ASCII = re.compile(rb"[\x80-\xff]")

_PUT_INTO_BODY = "put the value into the body, as in POST /set/KEY with the value as its body, or POST / with a JSON array"


class HeadTooLarge(SanicException):
    """The head of a request is over the limit."""

    status_code = 431

    def __init__(self, limit: int) -> None:
        super().__init__(f"the request line and the header fields are over {limit} bytes; {_PUT_INTO_BODY}")


class TargetTooLong(SanicException):
    """The target of a request alone is over the limit of a head."""

    status_code = 414

    def __init__(self, limit: int) -> None:
        super().__init__(f"the path and the query are over {limit} bytes; {_PUT_INTO_BODY}")


def check_head(head: bytes, limit: int) -> None:
    """Check the size of a request's head against the limit of its instance.

    Raises:
        HeadTooLarge, TargetTooLong: It is over the limit.
    """
    if len(head) > limit:
        raise (TargetTooLong if head.find(b"\r\n", 0, limit) < 0 else HeadTooLarge)(limit)


class StrictHttp(Http):
    """The HTTP/1.1 of one connection."""

    __slots__ = ()

    protocol: LimitedProtocol

    # One more than Sanic's own comparison needs; `_receive_head` has checked the size before.
    HEADER_MAX_SIZE = LARGEST_MAX_HEAD_BYTES + 1

    async def http1_request_header(self) -> None:
        """Read a request's head.

        Raises:
            BadRequest: It is malformed.
            HeadTooLarge, TargetTooLong: It is larger than any instance takes.
        """
        await self._receive_head()
        await super().http1_request_header()  # type: ignore[no-untyped-call]
        if not _well_formed(self.request.head) or self.request._parsed_url.path is None:  # noqa: SLF001
            # It is unknown where its body ends, so none is read.
            self.request_body = None
            raise BadRequest("malformed request")
        self.protocol.count_buffer()
        self.keep_alive = _persists(self.request.version, self.request.headers.getall("connection", []))

    def respond(self, response: BaseHTTPResponse) -> BaseHTTPResponse:
        """Begin a response. If the client has not sent all of the body, it is not read, and the connection is closed."""
        unread: object = self.request_body
        if self.expecting_continue:
            self._leave_body()
        elif unread == "chunked" or (unread and (self.request_bytes_left or 0) > len(self.recv_buffer)):
            self._leave_body()
            self.protocol.drop_rest()
        return super().respond(response)

    async def read(self) -> bytes | None:
        """Read some bytes of the body. Trailers (RFC 9112, section 7.1.2) are read and dropped.

        Raises:
            BadRequest: A chunk or a trailer is malformed.
        """
        body: object = self.request_body
        if body == "chunked" and self.request_bytes_left == 0:
            if self.expecting_continue:
                self.expecting_continue = False
                await self._send(HTTP_CONTINUE)
            await self._check_chunk_line()
        data: bytes | None = await super().read()
        self.protocol.count_buffer()
        return data

    async def error_response(self, exception: Exception) -> None:
        """Answer an error, unless the client has gone."""
        if self.protocol.gone:
            self.keep_alive = False
            # A bound method of this object: with it, everything of the connection would stay until the garbage collector comes.
            self.response_func = None  # type: ignore[assignment]
        else:
            await super().error_response(exception)

    def create_empty_request(self) -> None:
        """Make the request for an error response when none could be parsed."""
        try:
            super().create_empty_request()
        except SanicException:
            self.url = None
            super().create_empty_request()

    async def _receive_head(self) -> None:
        """Receive a head. Bytes beyond ASCII in its target become escapes, which mean the same and which Sanic accepts."""
        buffer = self.recv_buffer
        searched = 0
        while (end := buffer.find(b"\r\n\r\n", searched)) < 0 and len(buffer) <= LARGEST_MAX_HEAD_BYTES:
            searched = max(0, len(buffer) - 3)
            await self._receive_more()
        line_end = buffer.find(b"\r\n", 0, LARGEST_MAX_HEAD_BYTES)
        if end < 0 or end > LARGEST_MAX_HEAD_BYTES:
            check_head(buffer, LARGEST_MAX_HEAD_BYTES)
        line = bytes(buffer[:line_end])
        if line.isascii():
            return
        escaped = _NOT_ASCII.sub(lambda byte: b"%%%02X" % ord(byte[0]), line)
        if end + len(escaped) - line_end > LARGEST_MAX_HEAD_BYTES:
            raise TargetTooLong(LARGEST_MAX_HEAD_BYTES)
        buffer[:line_end] = escaped

    async def _check_chunk_line(self) -> None:
        buffer = self.recv_buffer
        while (end := buffer.find(b"\r\n", 3)) < 0 and len(buffer) <= _MAX_CHUNK_LINE:
            await self._receive_more()
        if end < 0:
            # Sanic refuses a line that is too long.
            return
        line = _CHUNK_LINE.fullmatch(buffer, 0, end)
        if line is None:
            self._refuse_body("malformed chunk")
        elif not line[1].strip(b"0"):
            await self._drop_trailers(end + 2)

    async def _drop_trailers(self, start: int) -> None:
        buffer = self.recv_buffer
        while (end := buffer.find(b"\r\n\r\n", start - 2)) < 0 and len(buffer) - start <= _MAX_TRAILER_BYTES:
            await self._receive_more()
        if end < 0 or end - start > _MAX_TRAILER_BYTES or not _well_formed(b"GET / HTTP/1.1\r\n" + buffer[start:end]):
            self._refuse_body("malformed or too many trailers")
        del buffer[start : end + 2]

    def _refuse_body(self, reason: str) -> NoReturn:
        self._leave_body()
        raise BadRequest(reason)

    def _leave_body(self) -> None:
        self.expecting_continue = False
        self.request_body = None
        self.keep_alive = False


def _persists(version: str, values: list[str]) -> bool:
    """Whether the connection stays open after the response (RFC 9112, section 9.3)."""
    options = {option.strip().lower() for value in values for option in value.split(",")}
    return "close" not in options and (version != "1.0" or "keep-alive" in options)


class _NoCallbacks:
    """Only whether llhttp raises is of interest."""


def _well_formed(head: bytes) -> bool:
    parser = httptools.HttpRequestParser(_NoCallbacks())
    try:
        parser.feed_data(head + b"\r\n\r\n")
    except httptools.HttpParserUpgrade:
        return True
    except httptools.HttpParserError:
        return False
    return True
