"""The parts of operations by name: parameters, headers, bodies, responses and errors. Data only."""

from __future__ import annotations

import re
from typing import TypeAlias

from kuberedis_sidecar.api.model import FORMATS
from kuberedis_sidecar.openapi.schemas import TTL_SECONDS, Schema, ref

Json: TypeAlias = dict[str, object]

_JSON = "application/json"
_BYTES = "application/octet-stream"
_EVENTS = "text/event-stream"
_TEXT: Schema = {"type": "string"}
_RAW: Schema = {"type": "string", "format": "binary"}

# First segments of routes, and so never the name of a command.
_RESERVED = [
    "docs",
    "hashes",
    "keys",
    "monitor",
    "multi-exec",
    "openapi.json",
    "pipeline",
    "psubscribe",
    "raw-command",
    "subscribe",
]
_COMMAND_NAME = rf"^(?!(?:{'|'.join(map(re.escape, _RESERVED))})$)[A-Za-z][A-Za-z0-9._-]*$"


def _in_path(name: str, description: str, example: str, schema: Schema = _TEXT) -> Json:
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": description,
        "schema": schema,
        "example": example,
    }


def _in_header(name: str, description: str, schema: Schema = _TEXT) -> Json:
    return {"name": name, "in": "header", "description": description, "schema": schema}


PARAMETERS: dict[str, Json] = {
    "key": _in_path("key", "A key, percent-encoded. Any bytes.", "user:123"),
    "hash": _in_path("hash", "The key of a hash, percent-encoded. Any bytes.", "profile:123"),
    "field": _in_path("field", "A field of the hash, percent-encoded. Any bytes.", "name"),
    "command": _in_path("command", "The name of a command.", "PING", {"type": "string", "pattern": _COMMAND_NAME}),
    "argument1": _in_path("argument1", "The first argument, percent-encoded. Any bytes.", "greeting"),
    "argument2": _in_path("argument2", "The second argument, percent-encoded. Any bytes.", "hello"),
    "channel": _in_path("channel", "A channel, percent-encoded. Further segments are further channels.", "news"),
    "pattern": _in_path("pattern", "A glob-style pattern, percent-encoded. Further segments are further patterns.", "news:*"),
    "ttl_seconds": {
        "name": "ttl_seconds",
        "in": "query",
        "description": "Seconds until the key expires. A JSON body may say it itself, and then goes before.",
        "schema": TTL_SECONDS,
    },
    "match": {
        "name": "match",
        "in": "query",
        "description": "A glob-style pattern that the keys match. Left out, all do.",
        "schema": _TEXT,
        "example": "user:*",
    },
    "cursor": {
        "name": "cursor",
        "in": "query",
        "description": "The `cursor` of the answer before; `0` or left out to begin.",
        "schema": {"type": "string", "pattern": "^[0-9]{1,19}$", "default": "0"},
    },
    "count": {
        "name": "count",
        "in": "query",
        "description": "About how many keys to look at. An answer may have more keys, or none and yet not be the last.",
        "schema": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100},
    },
    "query": {
        "name": "query",
        "in": "query",
        "description": "Further arguments: each `name=value` gives two, a bare `name` one. `_token` is none of them.",
        "style": "form",
        "explode": True,
        "schema": {"type": "object", "additionalProperties": {"type": "string"}},
    },
    "encoding": _in_header(
        "Upstash-Encoding",
        "`base64`: strings of results come in base64. Otherwise as text, and what is not UTF-8 in it as U+FFFD.",
    ),
    "format": _in_header(
        "Upstash-Response-Format",
        "`resp2`: the reply as Redis sent it, an error too. Not together with `Upstash-Encoding: base64`.",
        {"type": "string", "enum": list(FORMATS)},
    ),
    "sync": _in_header(
        "Upstash-Sync-Token",
        "The token of the last answer. Nothing has to wait for it: there is one Redis, and it reads its own writes.",
    ),
}

HEADERS: dict[str, Json] = {
    "X-Request-Id": {"description": "Names this request in the logs.", "schema": _TEXT},
    "Upstash-Sync-Token": {"description": "Opaque; another one with every answer.", "schema": _TEXT},
    "Retry-After": {"description": "Seconds to wait before the next attempt.", "schema": {"type": "integer"}},
    "Accept-Encoding": {"description": "The content codings that are decoded.", "schema": _TEXT},
    "WWW-Authenticate": {"description": "How to authenticate (RFC 6750).", "schema": _TEXT},
    "Cache-Control": {"description": "Always `no-store`.", "schema": _TEXT},
}


def _media(schema: Schema, **examples: object) -> Json:
    named = {name: {"value": value} for name, value in examples.items()}
    return {"schema": schema, "examples": named} if named else {"schema": schema}


BODIES: dict[str, Json] = {
    "Value": {
        _JSON: _media(
            ref("Value"),
            text={"value": "some value"},
            expiring={"value": "some value", "ttl_seconds": 60},
            bytes={"value": "/wD+", "encoding": "base64"},
        ),
        _BYTES: _media(_RAW, raw="some value"),
    },
    "FieldValue": {
        _JSON: _media(
            ref("FieldValue"),
            text={"field": "name", "value": "Ada"},
            bytes={"field": "AP8=", "value": "/wD+", "encoding": "base64"},
        )
    },
    "RawCommand": {
        _JSON: _media(
            ref("RawCommand"),
            text={"command": "XADD", "args": ["events", "1725700000000-0", "kind", "login"]},
            numbers={"command": "INCRBY", "args": ["visits", 5]},
            bytes={"command": "SET", "args": ["AP8=", "/wD+"], "encoding": "base64"},
        )
    },
    "Command": {_JSON: _media(ref("Command"), set=["SET", "greeting", "hello", "EX", 60], get=["GET", "greeting"])},
    "Commands": {_JSON: _media(ref("Commands"), batch=[["SET", "counter", 1], ["INCR", "counter"], ["HGET", "counter", "f"]])},
    "Transaction": {_JSON: _media(ref("Commands"), batch=[["SET", "counter", 1], ["INCR", "counter"]])},
    "Bytes": {_BYTES: _media(_RAW, raw="some value")},
}

_NO_COMMAND = 'no command; POST one as a JSON array such as ["GET", "key"], or write it into the path: GET /get/key'
_INSTANCE: Json = {
    "instance": "user-session-cache",
    "described_at": ["/instances/user-session-cache/docs", "/instances/user-session-cache/openapi.json"],
    "error": _NO_COMMAND,
}
_WRONGTYPE = "WRONGTYPE Operation against a key holding the wrong kind of value"

ANSWERS: dict[str, tuple[str, Json]] = {
    "Stored": ("Stored.", {_JSON: _media(ref("Status"), stored={"status": "OK"})}),
    "StoredValue": (
        f"The value. With `Accept: {_BYTES}` its bytes, whatever they are.",
        {
            _JSON: _media(
                ref("StoredValue"),
                text={"key": "user:123", "value": "some value"},
                bytes={"key": "user:123", "value": "/wD+", "encoding": "base64"},
            ),
            _BYTES: _media(_RAW),
        },
    ),
    "StoredField": (
        f"The value. With `Accept: {_BYTES}` its bytes, whatever they are.",
        {
            _JSON: _media(ref("StoredField"), text={"hash": "profile:123", "field": "name", "value": "Ada"}),
            _BYTES: _media(_RAW),
        },
    ),
    "Keys": (
        "Some of the keys, and where to go on.",
        {
            _JSON: _media(
                ref("KeyList"),
                text={"cursor": "0", "keys": ["user:123", "user:124"]},
                bytes={"cursor": "288", "keys": ["dXNlcjr/"], "encoding": "base64"},
            )
        },
    ),
    "Deleted": ("The number of keys that are gone.", {_JSON: _media(ref("Deleted"), deleted={"deleted": 1})}),
    "RawResult": (
        "The reply.",
        {
            _JSON: _media(
                ref("RawResult"),
                text={"result": "1725700000000-0"},
                bytes={"result": "/wD+", "encoding": "base64"},
            ),
            _BYTES: _media(_RAW),
        },
    ),
    "Result": (
        "The reply.",
        {_JSON: _media(ref("Result"), text={"result": "hello"}, base64={"result": "aGVsbG8="}), _BYTES: _media(_RAW)},
    ),
    "Results": (
        "The replies. The error of a command stands in its place and does not stop the others.",
        {
            _JSON: _media(ref("Results"), batch=[{"result": "OK"}, {"result": 2}, {"error": _WRONGTYPE}]),
            _BYTES: _media(_RAW),
        },
    ),
    "Executed": (
        "The replies. A command that failed while the transaction ran has its error in its place; the others stand.",
        {_JSON: _media(ref("Results"), batch=[{"result": "OK"}, {"result": 2}])},
    ),
    "Messages": (
        "The events.",
        {_EVENTS: _media(_TEXT, events="data: subscribe,news,1\n\ndata: message,news,hello\n\n")},
    ),
    "PatternMessages": (
        "The events.",
        {_EVENTS: _media(_TEXT, events="data: psubscribe,news:*,1\n\ndata: pmessage,news:*,news:uk,hello\n\n")},
    ),
    "Monitored": (
        "The events.",
        {_EVENTS: _media(_TEXT, events='data: "OK"\n\ndata: 1725700000.000000 [0 127.0.0.1:50000] "GET" "key"\n\n')},
    ),
    "Instance": ("Its name, and where it is described.", {_JSON: _media(ref("Instance"), instance=_INSTANCE)}),
    "Document": ("This document.", {_JSON: _media({"type": "object"})}),
    "Page": ("This document as a page.", {"text/html": _media(_TEXT)}),
}

ERROR: Json = {_JSON: _media(ref("Error"))}
# Errors of Redis are replies, and so have the requested format; errors of the gateway are JSON.
ERROR_IN_FORMAT: Json = {**ERROR, _BYTES: _media(_RAW)}
ERRORS_OF_REDIS = (400, 403, 503, 507)

ERRORS: dict[int, tuple[str, tuple[str, ...]]] = {
    400: ("The request is malformed, or Redis replied with an error.", ()),
    401: ("The credential is missing, wrong or expired.", ("WWW-Authenticate",)),
    403: ("The credential does not permit this.", ()),
    404: ("No such key or field.", ()),
    408: ("The body did not come in time.", ()),
    413: ("The body, what it contains, or the answer is over the instance's limit.", ()),
    415: ("The body has a content coding other than gzip and deflate.", ("Accept-Encoding",)),
    429: ("Too much at once: requests, blocking commands or subscribers.", ("Retry-After",)),
    503: ("Redis is loading, unreachable, read-only or too slow.", ("Retry-After",)),
    507: ("Redis is out of memory.", ()),
}
