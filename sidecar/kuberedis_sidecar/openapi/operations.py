"""The operations: a row for each method of a path. Data only; the parts that a row names are in ``contents``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

_UPSTASH = "Upstash REST"
_IN_PATH = "Upstash REST: command in the path"
_STREAMS = "Streams"

TAGS = {
    "Keys": "Strings as HTTP resources.",
    "Hashes": "Fields of hashes as HTTP resources.",
    "Commands": "Any command of Redis.",
    _UPSTASH: "The protocol of Upstash's SDKs: one command, a pipeline, a transaction.",
    _IN_PATH: "The command in the URL, for `curl` and clients written by hand. Its arguments are the segments of the"
    " path, then the body of a POST or PUT, then the query (`?EX=60` gives `EX` and `60`). Any number of segments may"
    " follow; only the first are listed here.",
    _STREAMS: "Server-sent events. A stream goes on until either side closes the connection; comment lines keep it"
    " alive in between. A line break inside a message is written as the two characters `\\n`.",
    "About": "The instance and this document.",
}


@dataclass(frozen=True, slots=True)
class Operation:
    """One row.

    Attributes:
        answer: Name of the 200 response.
        errors: Other statuses of its responses.
        parameters: Names of parameters besides those in the path.
        body: Name of the request body; empty for none.
        example: Values of the parameters in the path, where the common ones do not fit together.
        public: Whether it needs no credential.
    """

    method: str
    path: str
    id: str
    tag: str
    summary: str
    answer: str
    errors: tuple[int, ...]
    parameters: tuple[str, ...] = ()
    body: str = ""
    description: str = ""
    example: tuple[str, ...] = ()
    public: bool = False

    @property
    def body_required(self) -> bool:
        """Whether a body is required: a command in the path is complete without one."""
        return self.tag != _IN_PATH

    @property
    def is_stream(self) -> bool:
        """Whether its response is a stream of events."""
        return self.tag == _STREAMS


_GET_KEY = (400, 401, 403, 404, 429, 503)
_SET_KEY = _COMMAND = (400, 401, 403, 408, 413, 415, 429, 503, 507)
_DELETE_KEY = _STREAM = (400, 401, 403, 429, 503)
_ABOUT = (400, 401)
_ONE = ("encoding", "format", "sync")

_RESOURCES = (
    Operation(
        "GET",
        "/keys",
        "listKeys",
        "Keys",
        "List keys",
        "Keys",
        _DELETE_KEY,
        ("match", "cursor", "count"),
        description="One step of `SCAN`: go on with the `cursor` of the answer until it is `0`. A key that is there all the time is listed,"
        " perhaps more than once. A token with key patterns may not list keys: the answer is 403.",
    ),
    Operation("POST", "/keys/{key}", "setKey", "Keys", "Set a key", "Stored", _SET_KEY, ("ttl_seconds",), "Value"),
    Operation("GET", "/keys/{key}", "getKey", "Keys", "Get a key", "StoredValue", _GET_KEY),
    Operation("DELETE", "/keys/{key}", "deleteKey", "Keys", "Delete a key", "Deleted", _DELETE_KEY),
    Operation("POST", "/hashes/{hash}", "setField", "Hashes", "Set a field of a hash", "Stored", _SET_KEY, (), "FieldValue"),
    Operation("GET", "/hashes/{hash}/{field}", "getField", "Hashes", "Get a field of a hash", "StoredField", _GET_KEY),
    Operation("POST", "/raw-command", "rawCommand", "Commands", "Run any command", "RawResult", _COMMAND, ("format",), "RawCommand"),
)

_PROTOCOL = (
    Operation("POST", "/", "command", _UPSTASH, "Run one command", "Result", _COMMAND, _ONE, "Command"),
    Operation("POST", "/pipeline", "pipeline", _UPSTASH, "Run commands in order", "Results", _COMMAND, _ONE, "Commands"),
    Operation(
        "POST",
        "/multi-exec",
        "transaction",
        _UPSTASH,
        "Run commands as one transaction",
        "Executed",
        _COMMAND,
        ("encoding", "sync"),
        "Transaction",
        "All or none: when a command cannot be queued, nothing runs and the answer is that one error.",
    ),
)


def _in_path(method: str, path: str, body: str, example: tuple[str, ...]) -> Operation:
    arguments = len(example) - 1
    counted = ("no arguments", "one argument", "two arguments")[arguments]
    summary = f"Run a command with {counted} in the path"
    id_ = f"{method.lower()}Command{arguments}"
    return Operation(method, path, id_, _IN_PATH, summary, "Result", _COMMAND, ("query", *_ONE), body, "", example)


_COMMANDS_IN_PATH = (
    _in_path("GET", "/{command}", "", ("PING",)),
    _in_path("POST", "/{command}", "Bytes", ("ECHO",)),
    _in_path("GET", "/{command}/{argument1}", "", ("EXISTS", "greeting")),
    _in_path("POST", "/{command}/{argument1}", "Bytes", ("SET", "greeting")),
    _in_path("GET", "/{command}/{argument1}/{argument2}", "", ("SET", "greeting", "hello")),
    _in_path("POST", "/{command}/{argument1}/{argument2}", "Bytes", ("HSET", "profile:123", "motto")),
)


def _stream(path: str, id_: str, summary: str, answer: str, description: str = "") -> Iterator[Operation]:
    for method in ("GET", "POST"):
        yield Operation(method, path, f"{method.lower()}{id_}", _STREAMS, summary, answer, _STREAM, (), "", description)


_ALL_STREAMS = (
    *_stream("/subscribe/{channel}", "Subscribe", "Listen to a channel", "Messages"),
    *_stream("/psubscribe/{pattern}", "PSubscribe", "Listen to all channels of a pattern", "PatternMessages"),
    *_stream(
        "/monitor",
        "Monitor",
        "Watch every command that Redis runs",
        "Monitored",
        "Needs the instance's key or a token with the scope `admin`.",
    ),
)

_DOCUMENTS = (
    Operation("GET", "/", "getInstance", "About", "Name the instance", "Instance", _ABOUT),
    Operation("GET", "/openapi.json", "getDocument", "About", "This document", "Document", (), public=True),
    Operation("GET", "/docs", "getPage", "About", "This document as a page", "Page", (), public=True),
)


def _with_variants(rows: tuple[Operation, ...]) -> Iterator[Operation]:
    """HEAD beside each GET, and PUT beside each POST that stores something or is of Upstash's protocol."""
    for row in rows:
        yield row
        if row.method == "GET" and row.tag != _STREAMS:
            summary = f"{row.summary}: status and headers only"
            yield replace(row, method="HEAD", id=f"{row.id}Head", summary=summary)
        if row.method == "POST" and row.tag in ("Keys", "Hashes", _UPSTASH, _IN_PATH):
            yield replace(row, method="PUT", id=f"{row.id}Put", summary=f"{row.summary}: the same as POST")


OPERATIONS = tuple(_with_variants(_RESOURCES + _PROTOCOL + _COMMANDS_IN_PATH + _ALL_STREAMS + _DOCUMENTS))
