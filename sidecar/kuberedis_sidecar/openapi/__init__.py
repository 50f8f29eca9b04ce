"""The OpenAPI 3.1 document of one instance (https://spec.openapis.org/oas/v3.1.0).

It is made from tables: ``operations`` has a row for each method of a path, ``contents`` the parameters, bodies and responses that the
rows name, ``schemas`` the JSON Schemas.
"""

from __future__ import annotations

import re

from kuberedis_sidecar.openapi import contents
from kuberedis_sidecar.openapi.contents import Json
from kuberedis_sidecar.openapi.operations import OPERATIONS, TAGS, Operation
from kuberedis_sidecar.openapi.schemas import SCHEMAS

_INTRODUCTION = """\
Redis over HTTP. Every request carries a credential, the instance's key or a JWT signed with it, as a bearer token or \
as the query parameter `_token`.

Keys, hashes and fields stand in the URL percent-encoded: a slash inside a key is `%2F`. Values are bytes; those that \
are not UTF-8 travel as base64 and say so.

Errors are always JSON, `{"error": "..."}`. A method that a path does not have is a 405 with the header `Allow`. Every \
answer has an `X-Request-Id`: the one that the request brought, or a new one.

The paths under "Upstash REST" are the protocol of the SDKs `@upstash/redis` and `upstash-redis`: give them the \
address of this instance as their URL."""

_SECURITY: dict[str, Json] = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "The instance's key, or a JWT (HS256) signed with it.",
    },
    "token": {
        "type": "apiKey",
        "in": "query",
        "name": "_token",
        "description": "The same in the query; it wins over the header.",
    },
}


def document(instance: str, base_path: str, version: str) -> dict[str, object]:
    """The OpenAPI document of one instance.

    Args:
        instance: Name of the instance.
        base_path: Path that all of its routes are below, such as ``/instances/my-cache``.
        version: Version of the gateway.
    """
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"Redis instance {instance}",
            "version": version,
            "description": _INTRODUCTION,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": base_path}],
        "security": [{scheme: []} for scheme in _SECURITY],
        "tags": [{"name": name, "description": description} for name, description in TAGS.items()],
        "paths": _paths(),
        "components": {
            "schemas": SCHEMAS,
            "parameters": contents.PARAMETERS,
            "headers": contents.HEADERS,
            "responses": _shared_errors(),
            "securitySchemes": _SECURITY,
        },
    }


def _paths() -> Json:
    paths: dict[str, Json] = {}
    for row in OPERATIONS:
        paths.setdefault(row.path, {})[row.method.lower()] = _operation(row)
    return dict(paths)


def _operation(row: Operation) -> Json:
    operation: Json = {"operationId": row.id, "tags": [row.tag], "summary": row.summary}
    if row.description:
        operation["description"] = row.description
    if parameters := _parameters(row):
        operation["parameters"] = parameters
    if row.body:
        operation["requestBody"] = {"required": row.body_required, "content": contents.BODIES[row.body]}
    if row.public:
        operation["security"] = []
    operation["responses"] = _responses(row)
    return operation


def _parameters(row: Operation) -> list[Json]:
    in_path = re.findall(r"{(\w+)}", row.path)
    parameters = [_component("parameters", name) for name in (*in_path, *row.parameters)]
    for index, value in enumerate(row.example):
        parameters[index] = {**contents.PARAMETERS[in_path[index]], "example": value}
    return parameters


def _responses(row: Operation) -> Json:
    description, content = contents.ANSWERS[row.answer]
    bodiless = row.method == "HEAD"
    headers = ("Cache-Control",) if row.is_stream else ()
    responses: Json = {"200": _response(description, headers, {} if bodiless else content)}
    for status in row.errors:
        in_format = row.answer in ("RawResult", "Result") and status in contents.ERRORS_OF_REDIS
        name = f"Error{status}{'InFormat' if in_format else ''}"
        responses[str(status)] = _error(status, {}) if bodiless else _component("responses", name)
    return responses


def _shared_errors() -> Json:
    return {
        **{f"Error{status}": _error(status, contents.ERROR) for status in contents.ERRORS},
        **{f"Error{status}InFormat": _error(status, contents.ERROR_IN_FORMAT) for status in contents.ERRORS_OF_REDIS},
    }


def _error(status: int, content: Json) -> Json:
    description, headers = contents.ERRORS[status]
    return _response(description, headers, content)


def _response(description: str, headers: tuple[str, ...], content: Json) -> Json:
    response: Json = {
        "description": description,
        "headers": {name: _component("headers", name) for name in ("X-Request-Id", "Upstash-Sync-Token", *headers)},
    }
    return {**response, "content": content} if content else response


def _component(kind: str, name: str) -> Json:
    return {"$ref": f"#/components/{kind}/{name}"}
