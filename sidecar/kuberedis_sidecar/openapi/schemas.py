"""The JSON shapes of the HTTP surface, as JSON Schema 2020-12 (the dialect of OpenAPI 3.1).

Data only. Client generators read it, and few of them understand ``anyOf``, a schema that refers to itself, or several types in one place.
So a shape is one object with optional members, and a description says what the schema cannot. Where any of several types may stand, the
schema has no type.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

Schema: TypeAlias = dict[str, object]

# The limit of Redis for EX, less some centuries for the current time (https://redis.io/docs/latest/commands/set/).
_MAX_TTL_SECONDS = 2**63 // 1000 - 2**33


def ref(name: str) -> Schema:
    """A reference to the schema called `name`."""
    return {"$ref": f"#/components/schemas/{name}"}


def _object(required: Mapping[str, Schema], optional: Mapping[str, Schema] | None = None) -> Schema:
    return {
        "type": "object",
        "properties": {**required, **(optional or {})},
        "required": list(required),
        "additionalProperties": False,
    }


def _array(items: Schema, **limits: object) -> Schema:
    return {"type": "array", "items": items, **limits}


TTL_SECONDS: Schema = {
    "description": "Seconds until the key expires. Left out, it does not expire.",
    "type": "integer",
    "format": "int64",
    "minimum": 1,
    "maximum": _MAX_TTL_SECONDS,
}
_TEXT: Schema = {"type": "string"}
_NAME: Schema = {"type": "string", "minLength": 1}
_IS_BASE64: Schema = {"type": "string", "enum": ["base64"]}
_IN_BASE64: Schema = {
    "description": "`base64`: what is to be stored is in base64 (RFC 4648, section 4: standard alphabet, padded). Left out or null: text.",
    "type": ["string", "null"],
    "pattern": "^base64$",
}
_STORED: Schema = {"description": "Text, or bytes in base64. A number is stored as it is written: `1.50` stays `1.50`.", "type": "string"}
_REPLY: Schema = {
    "description": "A reply of Redis (RESP2): null, an integer, a string, or an array of replies, errors in it as objects with `error`."
    " With `Upstash-Encoding: base64` its strings are in base64, but for the status `OK`."
}

SCHEMAS: dict[str, Schema] = {
    "Error": {**_object({"error": _TEXT}), "description": "What went wrong. Errors of Redis are in Redis' own words."},
    "Instance": {
        **_object({"instance": _TEXT, "described_at": _array(_TEXT), "error": _TEXT}),
        "description": "The name of the instance, and where these documents are; `error` says how to send a command, to who meant to.",
    },
    "Status": _object({"status": {"type": "string", "enum": ["OK"]}}),
    "Deleted": _object({"deleted": {"description": "0 when there was no such key.", "type": "integer", "minimum": 0, "maximum": 1}}),
    "Value": {
        **_object({"value": _STORED}, {"ttl_seconds": {**TTL_SECONDS, "type": ["integer", "null"]}, "encoding": _IN_BASE64}),
        "description": "What to store.",
    },
    "FieldValue": {
        **_object({"field": _STORED, "value": _STORED}, {"encoding": _IN_BASE64}),
        "description": "A field and what to store in it: both as text or numbers, or both as bytes in base64.",
    },
    "StoredValue": {
        **_object({"key": _TEXT, "value": _TEXT}, {"encoding": _IS_BASE64, "key_encoding": _IS_BASE64}),
        "description": "`encoding` says that the value is not UTF-8 and so in base64, `key_encoding` that the key is.",
    },
    "StoredField": {
        **_object(
            {"hash": _TEXT, "field": _TEXT, "value": _TEXT},
            {"encoding": _IS_BASE64, "hash_encoding": _IS_BASE64, "field_encoding": _IS_BASE64},
        ),
        "description": "What is not UTF-8 is in base64, and its `encoding` says so.",
    },
    "KeyList": {
        **_object(
            {
                "cursor": {
                    "description": "Where to go on: the `cursor` of the next request. `0` when this was the last part.",
                    "type": "string",
                    "pattern": "^[0-9]{1,20}$",
                },
                "keys": _array(_TEXT),
            },
            {"encoding": _IS_BASE64},
        ),
        "description": "When a key is not UTF-8, all of them are in base64 and `encoding` says so.",
    },
    "Argument": {
        "description": "Text, a number, which is sent to Redis as it is written, or a boolean, which is sent as the word.",
    },
    "RawCommand": {
        **_object({"command": _NAME}, {"args": {"type": ["array", "null"], "items": ref("Argument")}, "encoding": _IN_BASE64}),
        "description": "A command with its arguments as text or numbers, or, if `encoding` says so, with the strings among them in base64.",
    },
    "RawResult": {
        **_object({"result": _REPLY}, {"encoding": _IS_BASE64}),
        "description": "When a string of the reply is not UTF-8, all its strings are in base64 and `encoding` says so.",
    },
    "Result": _object({"result": _REPLY}),
    "ResultOrError": {
        **_object({}, {"result": _REPLY, "error": _TEXT}),
        "minProperties": 1,
        "maxProperties": 1,
        "description": "The result of one command, or its error.",
    },
    "Results": {**_array(ref("ResultOrError")), "description": "One item for each command, in order."},
    "Command": {**_array(ref("Argument"), minItems=1), "description": "The name of a command, then its arguments."},
    "Commands": _array(ref("Command"), minItems=1),
}
