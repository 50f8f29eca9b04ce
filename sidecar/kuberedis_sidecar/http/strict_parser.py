"""Sanic's HTTP/1.1, which accepts only what llhttp accepts as well.

Sanic's own parser accepts heads that other parsers read differently (a space before a colon, a bare line feed, digits of other scripts).
Behind a proxy such a difference allows request smuggling, so whatever llhttp refuses is answered with 400 and closes the connection.
"""

from __future__ import annotations

import re

import httptools
from sanic.exceptions import BadRequest, SanicException
from sanic.http import Http
from sanic.http.http1 import HTTP_CONTINUE
from sanic.response import BaseHTTPResponse

_CHUNK_LINE = re.compile(rb"[0-9A-Fa-f]+[ \t]*(;[\t -~\x80-\xff]*)?")
_MAX_CHUNK_LINE = 64


class StrictHttp(Http):
    """The HTTP/1.1 of one connection."""

    __slots__ = ()

    async def http1_request_header(self) -> None:
        """Read a request's head.

        Raises:
            BadRequest: It is malformed.
        """
        await super().http1_request_header()  # type: ignore[no-untyped-call]
        if not _well_formed(self.request.head) or self.request._parsed_url.path is None:  # noqa: SLF001
            # It is unknown where its body ends, so none is read.
            self.request_body = None
            raise BadRequest("malformed request")
        self.keep_alive = _persists(self.request.version, self.request.headers.getall("connection", []))

    def respond(self, response: BaseHTTPResponse) -> BaseHTTPResponse:
        """Begin a response. If the client still waits for 100 (Continue), its body is not read and the connection is closed."""
        if self.expecting_continue:
            self.expecting_continue = False
            self.request_body = None
            self.keep_alive = False
        return super().respond(response)

    async def read(self) -> bytes | None:
        """Read some bytes of the body.

        Raises:
            BadRequest: A chunk is malformed.
        """
        body: object = self.request_body
        if body == "chunked" and self.request_bytes_left == 0:
            if self.expecting_continue:
                self.expecting_continue = False
                await self._send(HTTP_CONTINUE)
            await self._check_chunk_line()
        return await super().read()

    def create_empty_request(self) -> None:
        """Make the request for an error response when none could be parsed."""
        try:
            super().create_empty_request()
        except SanicException:
            self.url = None
            super().create_empty_request()

    async def _check_chunk_line(self) -> None:
        buffer = self.recv_buffer
        while (end := buffer.find(b"\r\n", 3)) < 0 and len(buffer) <= _MAX_CHUNK_LINE:
            await self._receive_more()
        if end >= 0 and not _CHUNK_LINE.fullmatch(buffer, 2, end):
            self.keep_alive = False
            self.request_body = None
            raise BadRequest("malformed chunk")


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
