"""The REST protocol of Upstash's SDKs: one command in the body or in the path, pipelines, transactions and event streams."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any

import orjson

from kuberedis_sidecar.api import json_body, reply_encoding
from kuberedis_sidecar.api.command_arguments import BadCommand, checked, prepared
from kuberedis_sidecar.api.error_responses import bad_request, error, error_reply, not_allowed
from kuberedis_sidecar.api.model import Context, ErrorReply, Outcome, Pack, Plan, Reply, Request, Response, Stream
from kuberedis_sidecar.api.url import decode, parameters
from kuberedis_sidecar.redis.command_table import CommandTable

_ONLY_LISTS = {list}
_first = itemgetter(0)
_FORMATS = ("json", "resp2")


def body_command(request: Request, context: Context) -> Outcome:
    """``POST /``: one command as a JSON array."""
    if (refused := _refused_format(request)) is not None:
        return refused
    if not request.body:
        return bad_request("EOF")
    try:
        row = json_body.parse(request.body)
    except ValueError:
        return bad_request("ERR failed to parse command: the body is not JSON")
    if not isinstance(row, list):
        return bad_request("expected JSON array")
    try:
        command, blocking = checked(row, context)
    except BadCommand as bad:
        return bad_request(str(bad))
    return _one(request, "/", context, command, blocking)


def path_command(request: Request, segments: Sequence[bytes], context: Context) -> Outcome:
    """``/{command}/{argument}/…``: one command in the path; then the body, then the query, as further arguments.

    Raises:
        BadTarget: The path or the query has a malformed escape.
    """
    if request.method not in ("GET", "HEAD", "POST", "PUT"):
        return not_allowed("GET, HEAD, POST, PUT")
    if (refused := _refused_format(request)) is not None:
        return refused
    row = [decode(segment) for segment in segments]
    if request.body and request.method in ("POST", "PUT"):
        row.append(request.body)
    for name, value in parameters(request.query):
        if name != b"_token":
            row.append(name)
            if value is not None:
                row.append(value)
    try:
        command, blocking = prepared(row, context)
    except BadCommand as bad:
        return bad_request(str(bad))
    return _one(request, "/{command}", context, command, blocking)


def pipeline(request: Request, context: Context) -> Outcome:
    """``POST /pipeline``: commands in order, each with its own result; a bad one spoils only its own item."""
    rows = _rows(request, context)
    if isinstance(rows, Response):
        return rows
    if (refused := _refused_format(request)) is not None:
        return refused
    raw = request.fields.format == "resp2"
    word = reply_encoding.raw_results if raw else reply_encoding.results_base64 if request.fields.base64 else reply_encoding.results
    packed = _pack_plain(rows, context.table, context.pack)
    if packed is not None:
        return Plan("/pipeline", packed, len(rows), word, raw=raw)
    return _careful_pipeline(rows, context, word, raw)


def transaction(request: Request, context: Context) -> Outcome:
    """``POST /multi-exec``: the commands between MULTI and EXEC, all or none."""
    rows = _rows(request, context)
    if isinstance(rows, Response):
        return rows
    try:
        commands = [checked(row, context)[0] for row in rows]
    except BadCommand as bad:
        return bad_request(str(bad))
    pack = context.pack
    packed = b"".join([pack(("MULTI",)), *map(pack, commands), pack(("EXEC",))])
    word = reply_encoding.results_base64 if request.fields.base64 else reply_encoding.results
    return Plan("/multi-exec", packed, len(rows) + 2, lambda got: _executed(got, word, context))


def subscription(command: bytes, request: Request, segments: Sequence[bytes]) -> Outcome:
    """``/subscribe/{channel}/…`` and ``/psubscribe/{pattern}/…``.

    Raises:
        BadTarget: The path has a malformed escape.
    """
    if request.method not in ("GET", "POST"):
        return not_allowed("GET, POST")
    if not segments:
        return bad_request(f"ERR no channel; write it into the path, /{command.decode().lower()}/CHANNEL")
    return Stream(f"/{command.decode().lower()}", (command, *map(decode, segments)))


def monitor(request: Request) -> Outcome:
    """``/monitor``: each command that Redis runs."""
    return Stream("/monitor", (b"MONITOR",)) if request.method in ("GET", "POST") else not_allowed("GET, POST")


def _one(request: Request, route: str, context: Context, command: tuple[Any, ...], blocking: bool) -> Plan:
    packed = context.pack(command)
    if request.fields.format == "resp2":
        return Plan(route, packed, 1, reply_encoding.raw_result, blocking, raw=True)
    word = reply_encoding.result_base64 if request.fields.base64 else reply_encoding.result
    restore = context.scripts.restore
    return Plan(route, packed, 1, lambda got: word(restore(got[0])), blocking)


def _refused_format(request: Request) -> Response | None:
    if request.fields.format not in _FORMATS:
        return bad_request("ERR unknown Upstash-Response-Format; it is json or resp2")
    if request.fields.format == "resp2" and request.fields.base64:
        return bad_request("ERR Upstash-Response-Format resp2 and Upstash-Encoding base64 exclude each other")
    return None


def _rows(request: Request, context: Context) -> list[Any] | Response:
    if request.method not in ("POST", "PUT"):
        return not_allowed("POST, PUT")
    if not request.body:
        return bad_request("EOF")
    try:
        rows = json_body.parse(request.body)
    except ValueError:
        return bad_request("ERR failed to parse pipeline request: the body is not JSON")
    if not isinstance(rows, list):
        return bad_request("expected JSON array")
    if not rows:
        return bad_request("ERR empty pipeline request")
    if len(rows) > context.max_pipeline_commands:
        return error(413, f"ERR max pipeline size exceeded. Limit: {context.max_pipeline_commands} commands, Actual: {len(rows)}")
    return rows


def _pack_plain(rows: list[Any], table: CommandTable, pack: Pack) -> bytes | None:
    """The commands packed, or None when one of them wants a second look."""
    try:
        # The loops over a thousand commands run in C: checks first, because a row that is text would become a tuple of characters.
        if set(map(type, rows)) != _ONLY_LISTS or not table.shared.issuperset(map(_first, rows)):
            return None
        return b"".join(map(pack, map(tuple, rows)))
    except (LookupError, TypeError, UnicodeEncodeError):
        return None


def _careful_pipeline(rows: list[Any], context: Context, word: Callable[[Sequence[Any]], Response], raw: bool) -> Outcome:
    packed: list[bytes] = []
    errors: dict[int, str] = {}
    blocks = False
    for index, row in enumerate(rows):
        try:
            command, blocking = checked(row, context)
            packed.append(context.pack(command))
            blocks = blocks or blocking
        except BadCommand as bad:
            errors[index] = str(bad)

    restore = context.scripts.restore

    def respond(got: Sequence[Any]) -> Response:
        remaining = iter(got)
        items = [_error_item(errors[index], raw) if index in errors else restore(next(remaining)) for index in range(len(rows))]
        return word(items)

    if not packed:
        return respond(())
    return Plan("/pipeline", b"".join(packed), len(packed), respond, blocks, raw)


def _error_item(text: str, raw: bool) -> bytes | ErrorReply:
    return b"-%b\r\n" % text.encode() if raw else ErrorReply(text)


def _executed(got: Sequence[Reply], word: Callable[[Sequence[Reply]], Response], context: Context) -> Response:
    outcome = got[-1]
    if isinstance(outcome, list):
        return word([context.scripts.restore(reply) for reply in context.reread(outcome)])
    errors = [reply for reply in got if isinstance(reply, ErrorReply)]
    return error_reply(str(errors[0])) if errors else Response(400, orjson.dumps({"error": "EXECABORT Transaction discarded"}))
