"""The REST protocol of Upstash's SDKs: one command in the body or in the path, pipelines, transactions and event streams."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import orjson

from kuberedis_sidecar.api import json_body, reply_encoding
from kuberedis_sidecar.api.command_arguments import are_simple, positions, prepare, prepare_json
from kuberedis_sidecar.api.error_responses import bad_request, error, error_reply, not_allowed, unknown_format
from kuberedis_sidecar.api.model import FORMATS, Context, Outcome, Plan, Request, Response, Stream
from kuberedis_sidecar.api.url import decode, parameters
from kuberedis_sidecar.errors import BadCommand, ErrorReply
from kuberedis_sidecar.redis.command_table import Dispatch
from kuberedis_sidecar.redis.replies import MULTI, Command, Replies, Reply

_EXEC: Command = ("EXEC",)

_ONE_SCRIPT = "ERR a transaction may have one script only, because Redis serves nobody until all are done; make it one script of them"

_Encode: TypeAlias = Callable[[Sequence[Any]], Response]


def body_command(request: Request, context: Context) -> Outcome:
    """``POST /``: one command as a JSON array."""
    if (refusal := _refuse_format(request)) is not None:
        return refusal
    if not request.body and request.parsed is None:
        return bad_request("EOF")
    try:
        row = json_body.parse(request.body, request.parsed)
    except ValueError:
        return bad_request("ERR failed to parse command: the body is not JSON")
    if not isinstance(row, list):
        return bad_request("expected JSON array")
    try:
        command, dispatch = prepare_json(row, context)
    except BadCommand as bad:
        return bad_request(str(bad))
    return _one(request, "/", context, command, dispatch)


def path_command(request: Request, segments: Sequence[bytes], context: Context) -> Outcome:
    """``/{command}/{argument}/…``: one command in the path; the body, then the query, are further arguments.

    Raises:
        BadURL: The path or the query has a malformed escape.
    """
    if request.method not in ("GET", "HEAD", "POST", "PUT"):
        return not_allowed("GET, HEAD, POST, PUT")
    if (refusal := _refuse_format(request)) is not None:
        return refusal
    row = [decode(segment) for segment in segments]
    if request.body and request.method in ("POST", "PUT"):
        row.append(request.body)
    for name, value in parameters(request.query) if request.query else ():
        if name != b"_token":
            row.append(name)
            if value is not None:
                row.append(value)
    try:
        command, dispatch = prepare(row, context)
    except BadCommand as bad:
        return bad_request(str(bad))
    return _one(request, "/{command}", context, command, dispatch)


def pipeline(request: Request, context: Context) -> Outcome:
    """``POST /pipeline``: commands in order, each with a result of its own; a bad one fails alone."""
    rows = _rows(request, context)
    if isinstance(rows, Response):
        return rows
    if (refusal := _refuse_format(request)) is not None:
        return refusal
    raw = request.options.format == "resp2"
    encode = reply_encoding.raw_results if raw else _encode_results(request)
    if are_simple(rows, context.table, request.verify):
        return Plan("/pipeline", rows, encode, raw=raw)
    return _mixed_pipeline(rows, context, encode, raw)


def transaction(request: Request, context: Context) -> Outcome:
    """``POST /multi-exec``: the commands between MULTI and EXEC, all or none."""
    rows = _rows(request, context)
    if isinstance(rows, Response):
        return rows
    if are_simple(rows, context.table, request.verify):
        encode_simple = _encode_results(request)
        return Plan("/multi-exec", [MULTI, *rows, _EXEC], lambda replies: _encode_transaction(replies, encode_simple))
    try:
        prepared = [prepare_json(row, context) for row in rows]
    except BadCommand as bad:
        return bad_request(str(bad))
    scripts = positions((dispatch for _, dispatch in prepared), Dispatch.SCRIPT)
    if len(scripts) > 1:
        return bad_request(_ONE_SCRIPT)
    commands = [command for command, _ in prepared]
    restored, encode_results = _restorer(commands, context), _encode_results(request)

    def encode(executed: list[Reply]) -> Response:
        return encode_results(restored(executed))

    sent = [MULTI, *commands, _EXEC]
    end = (len(sent) - 1,) if scripts else ()
    return Plan("/multi-exec", sent, lambda replies: _encode_transaction(replies, encode), scripts=end)


def subscription(command: bytes, request: Request, segments: Sequence[bytes]) -> Outcome:
    """``/subscribe/{channel}/…`` and ``/psubscribe/{pattern}/…``.

    Raises:
        BadURL: The path has a malformed escape.
    """
    if request.method not in ("GET", "POST"):
        return not_allowed("GET, POST")
    if not segments:
        return bad_request(f"ERR no channel; write it into the path, /{command.decode().lower()}/CHANNEL")
    return Stream(f"/{command.decode().lower()}", (command, *map(decode, segments)))


def monitor(request: Request) -> Outcome:
    """``/monitor``: each command that Redis executes."""
    return Stream("/monitor", (b"MONITOR",)) if request.method in ("GET", "POST") else not_allowed("GET, POST")


def _one(request: Request, route: str, context: Context, command: Command, dispatch: Dispatch) -> Plan:
    blocking = (0,) if dispatch is Dispatch.DEDICATED else ()
    scripts = (0,) if dispatch is Dispatch.SCRIPT else ()
    if request.options.format == "resp2":
        return Plan(route, (command,), reply_encoding.raw_result, blocking, scripts, raw=True)
    encode = reply_encoding.result_base64 if request.options.base64 else reply_encoding.result
    if context.scripts.loads((command,)):
        restore = context.scripts.restore
        return Plan(route, (command,), lambda replies: encode(restore(replies[0])), blocking, scripts)
    return Plan(route, (command,), lambda replies: encode(replies[0]), blocking, scripts)


def _encode_results(request: Request) -> _Encode:
    return reply_encoding.results_base64 if request.options.base64 else reply_encoding.results


def _refuse_format(request: Request) -> Response | None:
    if request.options.format not in FORMATS:
        return unknown_format("ERR ")
    if request.options.format == "resp2" and request.options.base64:
        return bad_request("ERR Upstash-Response-Format resp2 and Upstash-Encoding base64 exclude each other")
    return None


def _rows(request: Request, context: Context) -> list[Any] | Response:
    if request.method not in ("POST", "PUT"):
        return not_allowed("POST, PUT")
    if not request.body and request.parsed is None:
        return bad_request("EOF")
    try:
        rows = json_body.parse(request.body, request.parsed)
    except ValueError:
        return bad_request("ERR failed to parse pipeline request: the body is not JSON")
    if not isinstance(rows, list):
        return bad_request("expected JSON array")
    if not rows:
        return bad_request("ERR empty pipeline request")
    if len(rows) > context.max_pipeline_commands:
        return error(413, f"ERR max pipeline size exceeded. Limit: {context.max_pipeline_commands} commands, Actual: {len(rows)}")
    return rows


def _mixed_pipeline(rows: list[Any], context: Context, encode: _Encode, raw: bool) -> Outcome:
    """A pipeline in which a command is bad, may block, or has arguments that are not text."""
    commands: list[Command] = []
    errors: dict[int, str] = {}
    dispatches: list[Dispatch] = []
    for index, row in enumerate(rows):
        try:
            command, dispatch = prepare_json(row, context)
            commands.append(command)
            dispatches.append(dispatch)
        except BadCommand as bad:
            errors[index] = str(bad)

    restored = _restorer(commands, context)
    # The rows are not kept while Redis executes the commands.
    count = len(rows)

    def encode_all(replies: Sequence[Any]) -> Response:
        remaining = iter(restored(replies))
        return encode([_error_item(errors[index], raw) if index in errors else next(remaining) for index in range(count)])

    if not commands:
        return encode_all(())
    blocking, scripts = positions(dispatches, Dispatch.DEDICATED), positions(dispatches, Dispatch.SCRIPT)
    return Plan("/pipeline", commands, encode_all, blocking=blocking, scripts=scripts, raw=raw)


def _restorer(commands: Sequence[Command], context: Context) -> Callable[[Sequence[Any]], Sequence[Any]]:
    """Puts the SHA1 of the caller into replies to SCRIPT LOAD."""
    loads, restore = context.scripts.loads(commands), context.scripts.restore
    if not loads:
        return lambda replies: replies
    return lambda replies: [restore(reply) if index in loads else reply for index, reply in enumerate(replies)]


def _error_item(text: str, raw: bool) -> bytes | ErrorReply:
    return b"-%b\r\n" % text.encode() if raw else ErrorReply(text)


def _encode_transaction(replies: Replies, encode: Callable[[list[Reply]], Response]) -> Response:
    executed = replies[-1]
    if isinstance(executed, list):
        return encode(executed)
    errors = [reply for reply in replies if isinstance(reply, ErrorReply)]
    return error_reply(str(errors[0])) if errors else Response(400, orjson.dumps({"error": "EXECABORT Transaction discarded"}))
