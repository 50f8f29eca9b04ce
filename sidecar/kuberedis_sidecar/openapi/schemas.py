"""The JSON shapes of the HTTP surface, as JSON Schema 2020-12 (the dialect of OpenAPI 3.1).

Data only: each entry describes exactly what the routes read or write.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

Schema: TypeAlias = dict[str, object]

# The limit of Redis for EX, less some centuries for the current time (https://redis.io/docs/latest/commands/set/).
_MAX_TTL_SECONDS = 2**63 // 1000 - 2**33

_BASE64_TEXT = r"^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"


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


def _any_of(description: str, *options: Schema) -> Schema:
    return {"description": description, "anyOf": list(options)}


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
_TEXT_OR_NUMBER: Schema = {
    "description": "A number is stored as it is written: `1.50` stays `1.50`.",
    "type": ["string", "number"],
}

SCHEMAS: dict[str, Schema] = {
    "Error": {**_object({"error": _TEXT}), "description": "What went wrong. Errors of Redis are in Redis' own words."},
    "Base64": {
        "description": "Bytes in base64: standard alphabet, padded (RFC 4648, section 4).",
        "type": "string",
        "contentEncoding": "base64",
        "pattern": _BASE64_TEXT,
    },
    "Instance": _object({"instance": _TEXT}),
    "Status": _object({"status": {"type": "string", "enum": ["OK"]}}),
    "Deleted": _object({"deleted": {"description": "0 when there was no such key.", "type": "integer", "enum": [0, 1]}}),
    "Value": _any_of(
        "What to store: text or a number, or any bytes in base64.",
        _object({"value": _TEXT_OR_NUMBER}, {"ttl_seconds": TTL_SECONDS}),
        _object({"value": ref("Base64"), "encoding": _IS_BASE64}, {"ttl_seconds": TTL_SECONDS}),
    ),
    "FieldValue": _any_of(
        "A field and what to store in it: both as text or numbers, or both as bytes in base64.",
        _object({"field": _TEXT_OR_NUMBER, "value": _TEXT_OR_NUMBER}),
        _object({"field": ref("Base64"), "value": ref("Base64"), "encoding": _IS_BASE64}),
    ),
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
    "Argument": {
        "description": "A number is sent to Redis as it is written, a boolean as the word.",
        "type": ["string", "number", "boolean"],
    },
    "RawCommand": _any_of(
        "A command with its arguments as text, or with its arguments in base64.",
        _object({"command": _NAME}, {"args": _array(ref("Argument"))}),
        _object(
            {"command": _NAME, "encoding": _IS_BASE64},
            {
                "args": _array(
                    _any_of(
                        "Bytes in base64, or a number or boolean as in text.",
                        ref("Base64"),
                        {"type": ["number", "boolean"]},
                    )
                )
            },
        ),
    ),
    "Reply": _any_of(
        "A reply of Redis (RESP2). With `Upstash-Encoding: base64` its strings are in base64, but for the status `OK`.",
        {"type": "null"},
        {"type": "integer", "format": "int64"},
        _TEXT,
        _array(_any_of("A reply, or an error in its place.", ref("Reply"), ref("Error"))),
    ),
    "RawResult": {
        **_object({"result": ref("Reply")}, {"encoding": _IS_BASE64}),
        "description": "When a string of the reply is not UTF-8, all its strings are in base64 and `encoding` says so.",
    },
    "Result": _object({"result": ref("Reply")}),
    "Results": {
        **_array(_any_of("A result, or the error of this one command.", ref("Result"), ref("Error"))),
        "description": "One item for each command, in order.",
    },
    "Command": {**_array(ref("Argument"), minItems=1), "description": "The name of a command, then its arguments."},
    "Commands": _array(ref("Command"), minItems=1),
}
