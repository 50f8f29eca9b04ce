"""The values that pass between the stations of a request's way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from kuberedis_sidecar.api.scripts import Scripts
from kuberedis_sidecar.redis.command_table import CommandTable


class ErrorReply(Exception):
    """An error that Redis replied with; the text is Redis' own, without the leading minus."""


class BulkOk(bytes):
    """A top-level bulk string that reads ``OK``; plain ``b"OK"`` at the top of a reply is the status reply."""


Reply: TypeAlias = "bytes | int | ErrorReply | list[Reply] | None"
Pack: TypeAlias = Callable[[tuple[Any, ...]], bytes]

JSON = "application/json"
BYTES = "application/octet-stream"
EVENTS = "text/event-stream"


@dataclass(slots=True)
class Fields:
    """What the header fields of a request ask of its translation; a client repeats them, so they are read once for many requests.

    Attributes:
        sends_bytes: ``Content-Type: application/octet-stream``.
        wants_bytes: ``Accept`` names that type.
        base64: ``Upstash-Encoding: base64``.
        format: The value of ``Upstash-Response-Format``, lower case; ``json`` when absent.
    """

    sends_bytes: bool = False
    wants_bytes: bool = False
    base64: bool = False
    format: str = "json"


@dataclass(slots=True)
class Request:
    """A request below the base path, as bytes off the wire.

    Attributes:
        method: As sent; methods are case-sensitive (RFC 9110, section 9.1).
        path: The raw path after the base path, still percent-encoded, without the query.
        query: The raw query without its question mark.
    """

    method: str
    path: bytes
    query: bytes
    body: bytes
    fields: Fields


@dataclass(slots=True)
class Response:
    """An answer, complete but for what the connection adds.

    Attributes:
        pieces: A body too large to be made at once, in place of `body`.
    """

    status: int
    body: bytes
    content_type: str = JSON
    headers: tuple[tuple[str, str], ...] = ()
    pieces: Iterator[bytes] | None = None


@dataclass(slots=True)
class Plan:
    """Commands for Redis, and how their replies read in HTTP.

    Attributes:
        packed: The commands in RESP.
        count: How many replies they bring.
        respond: Words the replies; given the replies' raw bytes instead when `raw` is set.
        blocking: One of them may wait in Redis, so all go over a connection of their own.
        raw: `respond` takes bytes.
    """

    route: str
    packed: bytes
    count: int
    respond: Callable[[Sequence[Any]], Response]
    blocking: bool = False
    raw: bool = False


@dataclass(slots=True)
class Stream:
    """A subscription (or MONITOR): commands that turn a connection into a stream of events."""

    route: str
    command: tuple[bytes, ...]

    @property
    def monitor(self) -> bool:
        """Whether this is MONITOR, which needs the administrator's connection."""
        return self.command[0] == b"MONITOR"


@dataclass(slots=True)
class Context:
    """What a translation may know besides the request."""

    instance: str
    table: CommandTable
    pack: Pack
    scripts: Scripts
    reread: Callable[[list[Reply]], list[Reply]]
    """The elements of an array reply, a status OK among them told from a bulk string (see `BulkOk`)."""
    max_pipeline_commands: int
    document: Callable[[], Response] = field(repr=False)
    page: Callable[[], Response] = field(repr=False)


Outcome: TypeAlias = Plan | Stream | Response
