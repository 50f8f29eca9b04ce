"""The resource API: keys and hashes as HTTP resources, and any command as a JSON object."""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import orjson

from kuberedis_sidecar.api import json_body, key_listing, reply_encoding
from kuberedis_sidecar.api.command_arguments import prepare
from kuberedis_sidecar.api.error_responses import bad_request, error, error_reply, not_allowed, unknown_format
from kuberedis_sidecar.api.model import FORMATS, Context, Outcome, Plan, Request, Response
from kuberedis_sidecar.api.url import parameters
from kuberedis_sidecar.errors import BadBody, BadCommand, BadRequest, ErrorReply
from kuberedis_sidecar.redis.command_table import Dispatch
from kuberedis_sidecar.redis.replies import Replies, Reply

_STATUS_OK = Response(200, b'{"status":"OK"}')
_MAX_TTL_SECONDS = 2**63 // 1000 - 2**33
_SMALL_BYTES = 64 * 1024
# From here on it is faster to check a plain value than to read it.
_FASTER_BYTES = 4 * 1024
_STORING = ("POST", "PUT")
_SET_MEMBERS = frozenset(("value", "ttl_seconds", "encoding"))
_HSET_MEMBERS = frozenset(("field", "value", "encoding"))
_COMMAND_MEMBERS = frozenset(("command", "args", "encoding"))
_ENCODING = 'encoding must be "base64", or be left out for text'
_BASE64 = '%s is not base64 (RFC 4648, section 4: standard alphabet, padded); with "encoding": "base64" it has to be'


def key(request: Request, name: bytes) -> Outcome:
    """``/keys/{key}``: GET, SET and DEL."""
    route = "/keys/{key}"
    if request.method in ("GET", "HEAD"):
        if request.options.wants_bytes:
            return Plan(route, (("GET", name),), lambda replies: _encode_found(replies[0], True, {"key": name}))
        return Plan(route, (("GET", name),), partial(_encode_value, name))
    if request.method == "DELETE":
        return Plan(route, (("DEL", name),), _encode_deleted)
    if request.method not in _STORING:
        return not_allowed("DELETE, GET, HEAD, POST, PUT")
    try:
        ttl_seconds = _query_ttl(request) if request.query else None
        value: str | bytes = request.body
        if not request.options.sends_bytes:
            value, ttl_seconds = _usual_value(request, ttl_seconds) or _json_value(request, ttl_seconds)
    except BadRequest as bad:
        return bad_request(str(bad))
    command = ("SET", name, value) if ttl_seconds is None else ("SET", name, value, "EX", ttl_seconds)
    return Plan(route, (command,), _encode_stored)


def hash_(request: Request, name: bytes) -> Outcome:
    """``/hashes/{hash}``: HSET of one field."""
    if request.method not in _STORING:
        return not_allowed("POST, PUT")
    try:
        body = _members(request, _HSET_MEMBERS, required=("field", "value"))
        field, value = _scalar(body, "field"), _scalar(body, "value")
    except BadBody as bad:
        return bad_request(str(bad))
    return Plan("/hashes/{hash}", (("HSET", name, field, value),), _encode_stored)


def field(request: Request, name: bytes, field_name: bytes) -> Outcome:
    """``/hashes/{hash}/{field}``: HGET."""
    if request.method not in ("GET", "HEAD"):
        return not_allowed("GET, HEAD")
    raw = request.options.wants_bytes
    names = {"hash": name, "field": field_name}
    return Plan(
        "/hashes/{hash}/{field}",
        (("HGET", name, field_name),),
        lambda replies: _encode_found(replies[0], raw, names),
    )


def raw_command(request: Request, context: Context) -> Outcome:
    """``/raw-command``: any command, its reply as JSON, or as Redis sent it."""
    if request.method != "POST":
        return not_allowed("POST")
    if request.options.format not in FORMATS:
        return unknown_format()
    try:
        body = _members(request, _COMMAND_MEMBERS, required=("command",))
        command, dispatch = prepare([_name(body["command"]), *_arguments(body)], context)
    except (BadBody, BadCommand) as bad:
        return bad_request(str(bad))
    blocking = (0,) if dispatch is Dispatch.DEDICATED else ()
    scripts = (0,) if dispatch is Dispatch.SCRIPT else ()
    if request.options.format == "resp2":
        return Plan("/raw-command", (command,), reply_encoding.raw_result, blocking, scripts, raw=True)
    if context.scripts.loads((command,)):
        restore = context.scripts.restore
        return Plan("/raw-command", (command,), lambda replies: _encode_result([restore(replies[0])]), blocking, scripts)
    return Plan("/raw-command", (command,), _encode_result, blocking, scripts)


def _query_ttl(request: Request) -> str | None:
    ttl_seconds = None
    for name, value in parameters(request.query):
        if name == b"ttl_seconds":
            ttl_seconds = _ttl((value or b"").decode(errors="replace"))
        elif name != b"_token":
            raise BadBody("unknown query parameter; only ttl_seconds is known")
    return ttl_seconds


def _usual_value(request: Request, ttl_seconds: str | None) -> tuple[str | bytes, str | None] | None:
    """What `_json_value` returns for the usual body: a string as its value, perhaps a number of seconds, and nothing else to check.

    None for every other body. orjson returns an `int` only for what is written as `str` writes it, but for ``-0``.
    """
    body = request.body
    if len(body) > _FASTER_BYTES and (plain := request.plain_value or json_body.plain_value(body)) is not None:
        return plain, ttl_seconds
    try:
        members = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    if type(members) is not dict or type(value := members.get("value")) is not str:
        return None
    if len(members) == 1:
        return value, ttl_seconds
    seconds = members.get("ttl_seconds")
    return (value, str(seconds)) if len(members) == 2 and type(seconds) is int and 0 < seconds <= _MAX_TTL_SECONDS else None


def _json_value(request: Request, ttl_seconds: str | None) -> tuple[str | bytes, str | None]:
    members = _members(request, _SET_MEMBERS, required=("value",))
    if "ttl_seconds" in members:
        literal = members["ttl_seconds"]
        if not isinstance(literal, json_body.Integer):
            raise BadBody("ttl_seconds must be a positive integer, a number of seconds")
        ttl_seconds = _ttl(literal)
    return _scalar(members, "value"), ttl_seconds


def _ttl(literal: str) -> str:
    if not re.fullmatch(r"[0-9]{1,16}", literal) or not 0 < int(literal) <= _MAX_TTL_SECONDS:
        raise BadBody("ttl_seconds must be a positive integer, a number of seconds")
    return literal


def _members(request: Request, known: frozenset[str], required: Sequence[str]) -> dict[str, Any]:
    try:
        members = json_body.parse(request.body, request.parsed)
    except ValueError:
        raise BadBody(f"the body is not JSON; send an object with {_wanted(required)}") from None
    if type(members) is not dict:
        raise BadBody(f"the body must be a JSON object with {_wanted(required)}")
    for name in required:
        if name not in members:
            raise BadBody(f'"{name}" is missing; send an object with {_wanted(required)}')
    if not members.keys() <= known:
        unknown = sorted(members.keys() - known)
        raise BadBody(f"unknown member {orjson.dumps(unknown[0][:64], default=str).decode()}; known are {', '.join(sorted(known))}")
    if len(members) > len(required):
        # Many languages write what is not set as null.
        members = {name: value for name, value in members.items() if value is not None or name in required}
        if members.get("encoding", "base64") != "base64":
            raise BadBody(_ENCODING)
    return members


def _wanted(required: Sequence[str]) -> str:
    return " and ".join(f'"{name}"' for name in required)


def _scalar(members: dict[str, Any], name: str) -> str | bytes:
    value = members[name]
    if not isinstance(value, str):
        raise BadBody(f'"{name}" must be a string or a number; send anything else as text, for example JSON in a string')
    base64 = "encoding" in members
    if base64 and isinstance(value, json_body.Number):
        raise BadBody(f'"{name}" is a number, which "encoding": "base64" cannot mean; send a string')
    return _decoded(value, name, base64)


def _decoded(value: str, name: str, base64: bool) -> str | bytes:
    if not base64:
        return json_body.as_utf8(value)
    try:
        return b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise BadBody(_BASE64 % f'"{name}"') from None


def _name(value: Any) -> str | bytes:
    if not isinstance(value, str) or isinstance(value, json_body.Number) or not value:
        raise BadBody('"command" must be the name of a Redis command, such as "XADD"')
    return json_body.as_utf8(value)


def _arguments(members: dict[str, Any]) -> list[str | bytes]:
    arguments = members.get("args", [])
    if not isinstance(arguments, list):
        raise BadBody('"args" must be an array of strings, numbers and booleans')
    return [_argument(value, "encoding" in members) for value in arguments]


def _argument(value: Any, base64: bool) -> str | bytes:
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        raise BadBody('"args" must be an array of strings, numbers and booleans')
    return _decoded(value, "args", base64 and not isinstance(value, json_body.Number))


def _encode_value(name: bytes, replies: Replies) -> Response:
    reply = replies[0]
    if type(reply) is bytes and len(reply) < _SMALL_BYTES:
        try:
            return Response(200, orjson.dumps({"key": name.decode(), "value": reply.decode()}))
        except UnicodeDecodeError:
            pass
    return _encode_found(reply, False, {"key": name})


def _encode_found(reply: Reply, raw: bool, names: dict[str, bytes]) -> Response:
    if isinstance(reply, ErrorReply):
        return error_reply(str(reply))
    if not isinstance(reply, bytes):
        return error(404, "no such field" if "field" in names else key_listing.no_such_key(names["key"]))
    if raw:
        return reply_encoding.raw(reply)
    members: dict[str, str] = {}
    for member, name in names.items():
        if reply_encoding.is_text(name):
            members[member] = name.decode()
        else:
            members |= {member: reply_encoding.encode_base64(name), f"{member}_encoding": "base64"}
    if_text, if_bytes = (orjson.dumps(known)[:-1] + b',"value":' for known in (members, members | {"encoding": "base64"}))
    return reply_encoding.text_or_base64(if_text, if_bytes, reply)


def _encode_stored(replies: Replies) -> Response:
    reply = replies[0]
    return error_reply(str(reply)) if isinstance(reply, ErrorReply) else _STATUS_OK


def _unless_error(encode: Callable[[Reply], Response]) -> Callable[[Replies], Response]:
    def encode_or_error(replies: Replies) -> Response:
        reply = replies[0]
        return error_reply(str(reply)) if isinstance(reply, ErrorReply) else encode(reply)

    return encode_or_error


_encode_deleted = _unless_error(lambda reply: Response(200, orjson.dumps({"deleted": reply})))


@_unless_error
def _encode_result(reply: Reply) -> Response:
    return reply_encoding.text_or_base64(b'{"result":', b'{"encoding":"base64","result":', reply)
