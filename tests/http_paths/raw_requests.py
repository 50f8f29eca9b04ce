"""Raw requests as plain data, and what a row of the table says of one.

`@BASE@` stands for BASE_PATH and `@KEY@` for KEY. Before each case the database holds `seeded` = "some value",
`binary` = the bytes FF 00 and the hash `h` with field `f` = "v". No case may create the key `smuggled`.
"""

from dataclasses import dataclass, field
from typing import Literal

Statuses = tuple[int | tuple[int, ...], ...]
# What the connection is good for afterwards. "alike": either, but the same on both paths.
After = Literal["open", "closed", "unfinished", "alike"]

INSTANCE = "table"
BASE_PATH = "/instances/table"
KEY = "0123456789abcdef0123456789abcdef"
MAX_BODY_BYTES = 100_000
MAX_PIPELINE_COMMANDS = 50

HOST = b"Host: cache.test"
AUTH = b"Authorization: Bearer @KEY@"
JSON = b"Content-Type: application/json"
VALUE = b'{"value": "v"}'
BAD = (400,)
TOO_LARGE = ((413, 431),)
NO_SUCH_METHOD = ((400, 405, 501),)


@dataclass(frozen=True)
class Case:
    """One row: the bytes, the statuses they may get in order, and the state of the connection afterwards."""

    name: str
    request: bytes
    statuses: Statuses
    after: After = "open"
    methods: tuple[str, ...] = field(default=())


def lines(*head: bytes, body: bytes = b"") -> bytes:
    """A request of exactly these header lines and this body."""
    request = b"\r\n".join([*head, b"", body])
    return request.replace(b"@BASE@", BASE_PATH.encode()).replace(b"@KEY@", KEY.encode())


def get(path: bytes, *headers: bytes, method: bytes = b"GET", version: bytes = b"HTTP/1.1") -> bytes:
    """A request without a body to a path below the base path, with credentials."""
    return lines(b"%b @BASE@%b %b" % (method, path, version), HOST, AUTH, *headers, body=b"")


def post(path: bytes, body: bytes, *headers: bytes, method: bytes = b"POST", version: bytes = b"HTTP/1.1") -> bytes:
    """A request with a body and its length."""
    length = b"Content-Length: %d" % len(body)
    return lines(b"%b @BASE@%b %b" % (method, path, version), HOST, AUTH, *headers, length, body=body)


def chunked(path: bytes, *chunks: bytes, headers: tuple[bytes, ...] = (), end: bytes = b"0\r\n\r\n") -> bytes:
    """A POST whose body travels in these chunks."""
    body = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks)
    head = (b"POST @BASE@%b HTTP/1.1" % path, HOST, AUTH, b"Transfer-Encoding: chunked", *headers)
    return lines(*head, body=body + end)


GET = get(b"/keys/seeded")
SET = post(b"/keys/new", VALUE)
COMMAND = post(b"/", b'["GET", "seeded"]')
PIPELINE = post(b"/pipeline", b'[["SET", "p", "1"], ["INCR", "p"], ["GET", "seeded"]]')
SMUGGLED = lines(b"POST @BASE@/keys/smuggled HTTP/1.1", HOST, AUTH, b"Content-Length: %d" % len(VALUE), body=VALUE)
