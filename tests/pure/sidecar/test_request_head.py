"""Heads of requests: which the fast path serves, and what is read from their fields."""

import pytest

from kuberedis_sidecar.api.model import RequestOptions
from kuberedis_sidecar.http.request_head import Head, HeadReader, new_request_id

_HOST = b"Host: h\r\n"


def head(line: bytes = b"GET /keys/k HTTP/1.1", fields: bytes = b"") -> bytes:
    """A request with this line and fields, and no body."""
    return line + b"\r\n" + _HOST + fields + b"\r\n"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"GET /keys/k HTTP/1.1", ("GET", b"/keys/k", b"")),
        (b"POST /a?b=c&d HTTP/1.1", ("POST", b"/a", b"b=c&d")),
        (b"PUT /a%2Fb HTTP/1.1", ("PUT", b"/a%2Fb", b"")),
        (b"DELETE /a? HTTP/1.1", ("DELETE", b"/a", b"")),
    ],
)
def test_simple_request_is_read(line: bytes, expected: tuple[str, bytes, bytes]) -> None:
    parsed = HeadReader().read(head(line) + b"body")
    assert parsed is not None
    assert parsed[:3] == expected
    assert parsed[4] == len(head(line))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GET /a HTTP/1.1\r\n",
        head()[:-1],
        head(b"HEAD /a HTTP/1.1"),
        head(b"OPTIONS /a HTTP/1.1"),
        head(b"get /a HTTP/1.1"),
        head(b"GET  /a HTTP/1.1"),
        head(b"GET / HTTP/1.1"),
        head(b"GET //a HTTP/1.1"),
        head(b"GET http://h/a HTTP/1.1"),
        head(b"GET /a#b HTTP/1.1"),
        head(b"GET /\xc3\xa9 HTTP/1.1"),
        head(b"GET /a HTTP/1.0"),
        head(b"GET /a HTTP/1.1").replace(b"\r\n", b"\n"),
        head(fields=b"Expect: 100-continue\r\n"),
        head(fields=b"Origin: https://a\r\n"),
        head(fields=b"Transfer-Encoding: chunked\r\n"),
        head(fields=b"Upgrade: websocket\r\nConnection: upgrade\r\n"),
        head(fields=b"Connection: close\r\n"),
        head(fields=b"Content-Length: 1\r\nContent-Length: 1\r\n"),
        head(fields=b"Authorization: a\r\nAuthorization: b\r\n"),
        head(fields=b"Content-Length: -1\r\n"),
        head(fields=b"Content-Length: 9999999999\r\n"),
        head(fields=b"X: \xff\r\n"),
        head(fields=b"Bad Name: x\r\n"),
        head(fields=b"X-Long: " + b"x" * 9000 + b"\r\n"),
    ],
)
def test_other_request_is_left_to_sanic(data: bytes) -> None:
    assert HeadReader().read(data) is None


@pytest.mark.parametrize(
    ("fields", "bearer"),
    [
        ([], None),
        ([(b"authorization", b"")], None),
        ([(b"authorization", b"Bearer")], b"Bearer"),
        ([(b"authorization", b"Bearer  token ")], b"token"),
        ([(b"authorization", b"bEARER token")], b"token"),
        ([(b"authorization", b"Bearer ")], b"Bearer"),
        ([(b"authorization", b"token")], b"token"),
        ([(b"authorization", b"Basic abc")], b"Basic abc"),
        ([(b"authorization", b"Bearer a"), (b"authorization", b"Bearer b")], b"a"),
    ],
)
def test_credential_is_read(fields: list[tuple[bytes, bytes]], bearer: bytes | None) -> None:
    assert Head(fields).bearer == bearer


@pytest.mark.parametrize(
    ("fields", "options"),
    [
        ([], RequestOptions()),
        ([(b"content-type", b"Application/Octet-Stream; charset=x")], RequestOptions(sends_bytes=True)),
        ([(b"content-type", b"application/json")], RequestOptions()),
        ([(b"accept", b"text/html, application/octet-stream;q=0.5")], RequestOptions(wants_bytes=True)),
        ([(b"upstash-encoding", b"BASE64")], RequestOptions(base64=True)),
        ([(b"upstash-encoding", b"gzip")], RequestOptions()),
        ([(b"upstash-response-format", b"RESP2")], RequestOptions(format="resp2")),
    ],
)
def test_options_are_read(fields: list[tuple[bytes, bytes]], options: RequestOptions) -> None:
    assert Head(fields).options == options


@pytest.mark.parametrize(
    ("value", "expected"),
    [(b"abc-123", b"abc-123"), (b"~" * 128, b"~" * 128), (b"~" * 129, None), (b"", None), (b"a b", None), (b"a\xff", None)],
)
def test_request_id_is_taken_over_if_it_is_visible_and_short(value: bytes, expected: bytes | None) -> None:
    assert Head([(b"x-request-id", value)]).request_id == expected


@pytest.mark.parametrize(("value", "expected"), [(b"0", 0), (b"12", 12), (b"+1", -1), (b"1 2", -1), (b"1e3", -1), (b"9" * 10, -1)])
def test_length_is_a_number_of_digits(value: bytes, expected: int) -> None:
    assert Head([(b"content-length", value)]).content_length == expected


def test_fields_that_are_repeated_are_parsed_once_and_changed_ones_again() -> None:
    reader = HeadReader()
    first = reader.read(head(fields=b"Authorization: Bearer a\r\n"))
    again = reader.read(head(b"GET /keys/other HTTP/1.1", fields=b"Authorization: Bearer a\r\n"))
    changed = reader.read(head(fields=b"Authorization: Bearer b\r\n"))
    assert first is not None
    assert again is not None
    assert changed is not None
    assert again[3] is first[3]
    assert again[1] == b"/keys/other"
    assert changed[3].bearer == b"b"


def test_request_ids_are_unique() -> None:
    assert len({new_request_id() for _ in range(100)}) == 100
