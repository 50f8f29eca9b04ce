"""The values that pass between the layers while a request is served."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from kuberedis_sidecar.api.json_body import Parsed
from kuberedis_sidecar.api.scripts import Scripts
from kuberedis_sidecar.errors import Limit
from kuberedis_sidecar.redis.command_table import CommandTable
from kuberedis_sidecar.redis.replies import Command

JSON = "application/json"
BYTES = "application/octet-stream"
EVENTS = "text/event-stream"

FORMATS = ("json", "resp2")
"""The values of ``Upstash-Response-Format``."""


@dataclass(slots=True)
class RequestOptions:
    """What the header fields of a request say about its body and its response.

    A client repeats them from request to request, so they are parsed once for many.

    Attributes:
        sends_bytes: ``Content-Type: application/octet-stream``.
        wants_bytes: ``Accept`` names that type.
        base64: ``Upstash-Encoding: base64``.
        format: Value of ``Upstash-Response-Format``, in lower case; ``json`` when absent.
    """

    sends_bytes: bool = False
    wants_bytes: bool = False
    base64: bool = False
    format: str = "json"


@dataclass(slots=True)
class Request:
    """A request below the base path, in the bytes that the client sent.

    Attributes:
        method: As sent; methods are case-sensitive (RFC 9110, section 9.1).
        path: Raw path after the base path, still percent-encoded, without the query.
        query: Raw query without its question mark.
        verify: Whether the arguments of a pipeline are checked. The fast path saves that: packing refuses what is not text, and then
            the request is served again with a check.
        parsed: Value of a large JSON body, in place of `body`.
        plain_value: What `json_body.plain_value` finds in a large body, if it was looked for already.
    """

    method: str
    path: bytes
    query: bytes
    body: bytes
    options: RequestOptions
    verify: bool = True
    parsed: Parsed | None = None
    plain_value: bytes | None = None


@dataclass(slots=True)
class Response:
    """A response, without the header fields that the connection adds.

    Attributes:
        pieces: A body too large to be made at once, in place of `body`.
        release: Gives back the memory that the pieces take; to be called when they are sent or given up.
    """

    status: int
    body: bytes
    content_type: str = JSON
    headers: tuple[tuple[str, str], ...] = ()
    pieces: Iterator[bytes] | None = None
    release: Callable[[], None] | None = None


@dataclass(slots=True)
class Refusal(Response):
    """A response of status 429.

    Attributes:
        limit: What is used up.
    """

    limit: Limit = Limit.MEMORY


@dataclass(slots=True)
class Plan:
    """Commands to send to Redis, and how their replies become a response.

    Attributes:
        commands: Commands, one or more; their arguments can be packed, unless `Request.verify` is off.
        encode: Makes the response from the replies; from their raw bytes when `raw` is set.
        blocking: Positions of the commands that may block; if there are any, all commands are sent on a connection of their own.
        scripts: Positions of the commands that run a script or a function. In a transaction, which cannot be cut, that of its end.
        raw: `encode` takes bytes.
    """

    route: str
    commands: Sequence[Command]
    encode: Callable[[Sequence[Any]], Response]
    blocking: Sequence[int] = ()
    scripts: Sequence[int] = ()
    raw: bool = False


@dataclass(slots=True)
class Stream:
    """A subscription (or MONITOR): a command that turns its connection into a stream of events."""

    route: str
    command: tuple[bytes, ...]

    @property
    def monitor(self) -> bool:
        """Whether the command is MONITOR, which only the administrator may send."""
        return self.command[0] == b"MONITOR"


@dataclass(slots=True)
class Context:
    """What a translation may use besides the request.

    Attributes:
        document: Serves the OpenAPI document.
        page: Serves the document as a page.
        links: Paths of the two, which a request for nothing but the instance is told.
    """

    instance: str
    table: CommandTable
    scripts: Scripts
    max_pipeline_commands: int
    document: Callable[[], Response] = field(repr=False)
    page: Callable[[], Response] = field(repr=False)
    links: Mapping[str, str] = field(repr=False)


Outcome: TypeAlias = Plan | Stream | Response
