"""Replies of Redis as JSON, in the two encodings of Upstash's protocol and in that of the resource API."""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

import orjson

from kuberedis_sidecar.api import streaming_json
from kuberedis_sidecar.api.error_responses import error_reply, reply_status
from kuberedis_sidecar.api.model import BYTES, Response
from kuberedis_sidecar.api.streaming_json import are_small_strings, is_large
from kuberedis_sidecar.errors import ErrorReply
from kuberedis_sidecar.redis.replies import MAX_NESTING, Replies, Reply

_OK = b"OK"
_OK_ITEM = b'{"result":"OK"}'
_RESULT_OK = Response(200, _OK_ITEM)
_ONLY_BYTES = {bytes}
# DEL, which hardly any text has.
_SEPARATOR = b"\x7f"
_TOO_DEEP = {"error": f"ERR the reply is nested more than {MAX_NESTING} levels deep"}
# A string so small, the usual reply, needs no other check.
_SMALL_BYTES = 64 * 1024
# Parts that are checked before others get a turn of the event loop.
_CHECKS = 16


def result(reply: Reply) -> Response:
    """The response to one command, strings as text; what is not UTF-8 becomes U+FFFD."""
    if type(reply) is bytes and len(reply) < _SMALL_BYTES:
        if reply == _OK:
            return _RESULT_OK
        return Response(200, b'{"result":%b}' % orjson.dumps(reply.decode(errors="replace")))
    if isinstance(reply, ErrorReply):
        return error_reply(str(reply))
    if is_large(reply):
        return _in_pieces(_large_item(reply))
    return Response(200, b'{"result":%b}' % _json_text(reply))


def result_base64(reply: Reply) -> Response:
    """The response to one command, strings in base64 (RFC 4648, section 4) except for the status reply OK."""
    if type(reply) is bytes and len(reply) < _SMALL_BYTES:
        return Response(200, _item_base64(reply)) if reply != _OK else _RESULT_OK
    if isinstance(reply, ErrorReply):
        return error_reply(str(reply))
    if is_large(reply):
        return _in_pieces(_large_item_base64(reply))
    return Response(200, _item_base64(reply))


def results(replies: Replies) -> Response:
    """The response to a pipeline or transaction, a result for each command in order, strings as text."""
    if are_small_strings(replies):
        return Response(200, _small_strings(replies))  # type: ignore[arg-type]
    if is_large(list(replies)):
        return _in_pieces(streaming_json.array(replies, _items, _large_item))
    return Response(200, _items(replies))


def results_base64(replies: Replies) -> Response:
    """The response to a pipeline or transaction, a result for each command in order, strings in base64."""
    if are_small_strings(replies):
        texts = [reply if reply == _OK else b2a_base64(reply, newline=False) for reply in replies]  # type: ignore[arg-type]
        return Response(200, b'[{"result":"%b"}]' % b'"},{"result":"'.join(texts))
    if is_large(list(replies)):
        return _in_pieces(streaming_json.array(replies, _items_base64, _large_item_base64))
    return Response(200, _items_base64(replies))


def raw_result(replies: Sequence[bytes]) -> Response:
    """The response to one command, in the bytes that Redis sent."""
    reply = replies[0]
    status = reply_status(reply[1:].decode(errors="replace")) if reply.startswith(b"-") else 200
    return raw(reply, status)


def raw_results(replies: Sequence[bytes]) -> Response:
    """The response to several commands, in the bytes that Redis sent."""
    if is_large(list(replies)):
        return Response(200, b"", BYTES, pieces=streaming_json.buffered(chain.from_iterable(map(streaming_json.raw, replies))))
    return Response(200, b"".join(replies), BYTES)


def raw(value: bytes, status: int = 200) -> Response:
    """A response with bytes as its body."""
    if is_large(value):
        return Response(status, b"", BYTES, pieces=streaming_json.raw(value))
    return Response(status, value, BYTES)


def text_or_base64(if_text: bytes, if_bytes: bytes, reply: Reply) -> Response:
    """A response with a JSON object that holds the reply: as text if that does not change it, or else in base64.

    Args:
        if_text: Beginning of the object up to and with a colon, for text.
        if_bytes: The same for base64.
        reply: The reply.
    """
    if is_large(reply):
        return _in_pieces(_large_text_or_base64(if_text, if_bytes, reply))
    return Response(200, b"%b%b}" % ((if_text, _json_text(reply)) if is_text(reply) else (if_bytes, _json_base64(reply))))


def as_text(reply: Reply, nesting: int = MAX_NESTING) -> Any:
    """The reply as a JSON value; invalid UTF-8 becomes U+FFFD, and an array that is nested more deeply an error."""
    if isinstance(reply, bytes):
        return reply.decode(errors="replace")
    if isinstance(reply, list):
        if not nesting:
            return _TOO_DEEP
        if set(map(type, reply)) == _ONLY_BYTES:
            return _texts(reply)  # type: ignore[arg-type]
        return [as_text(element, nesting - 1) for element in reply]
    if isinstance(reply, ErrorReply):
        return {"error": str(reply)}
    return reply


def as_base64(reply: Reply, nesting: int = MAX_NESTING) -> Any:
    """The reply as a JSON value, every string in base64; an array that is nested more deeply becomes an error."""
    if isinstance(reply, bytes):
        return encode_base64(reply)
    if isinstance(reply, list):
        return [as_base64(element, nesting - 1) for element in reply] if nesting else _TOO_DEEP
    if isinstance(reply, ErrorReply):
        return {"error": str(reply)}
    return reply


def is_text(reply: Reply) -> bool:
    """Whether every string in the reply is UTF-8."""
    return all(streaming_json.texts(reply))


def encode_base64(value: bytes) -> str:
    """Standard alphabet, padded, no line breaks."""
    return b2a_base64(value, newline=False).decode("ascii")


def _small_strings(replies: Sequence[bytes]) -> bytes:
    # As one string, which is faster than a dictionary for each. JSON does not escape what is between them (RFC 8259, section 7).
    joined = _SEPARATOR.join(replies)
    if joined.count(_SEPARATOR) == len(replies) - 1:
        try:
            return b'[{"result":%b}]' % orjson.dumps(joined.decode()).replace(_SEPARATOR, b'"},{"result":"')
        except UnicodeDecodeError:
            pass
    # A line feed inside a JSON string is escaped, so these are only between the strings.
    lines = orjson.dumps(_texts(replies), option=orjson.OPT_INDENT_2)[4:-2]
    return b'[{"result":%b}]' % lines.replace(b",\n  ", b'},{"result":')


def _texts(replies: Sequence[bytes]) -> list[str]:
    try:
        return list(map(bytes.decode, replies))
    except UnicodeDecodeError:
        return [reply.decode("utf-8", "replace") for reply in replies]


def _in_pieces(parts: Iterator[bytes]) -> Response:
    return Response(200, b"", pieces=streaming_json.buffered(parts))


def _json_text(reply: Reply, nesting: int = MAX_NESTING) -> bytes:
    return orjson.dumps(as_text(reply, nesting))


def _json_base64(reply: Reply, nesting: int = MAX_NESTING) -> bytes:
    return orjson.dumps(as_base64(reply, nesting))


def _large_text_or_base64(if_text: bytes, if_bytes: bytes, reply: Reply) -> Iterator[bytes]:
    for index, is_text in enumerate(streaming_json.texts(reply), 1):
        if not is_text:
            yield from streaming_json.in_object(if_bytes, streaming_json.value(reply, _json_base64, streaming_json.base64))
            return
        if not index % _CHECKS:
            yield b""
    yield from streaming_json.in_object(if_text, streaming_json.value(reply, _json_text, streaming_json.text))


def _large_item(reply: Reply) -> Iterator[bytes]:
    if not is_large(reply):
        return iter((orjson.dumps(_item(reply)),))
    return streaming_json.in_object(b'{"result":', streaming_json.value(reply, _json_text, streaming_json.text))


def _large_item_base64(reply: Reply) -> Iterator[bytes]:
    if not is_large(reply):
        return iter((_item_base64(reply),))
    return streaming_json.in_object(b'{"result":', streaming_json.value(reply, _json_base64, streaming_json.base64))


def _items(replies: Replies, _: int = 0) -> bytes:
    return orjson.dumps([_item(reply) for reply in replies])


def _items_base64(replies: Replies, _: int = 0) -> bytes:
    return b"[%b]" % b",".join(map(_item_base64, replies))


def _item(reply: Reply) -> Any:
    if isinstance(reply, ErrorReply):
        return {"error": str(reply)}
    return {"result": as_text(reply)}


def _item_base64(reply: Reply) -> bytes:
    if type(reply) is bytes:
        return b'{"result":"%b"}' % b2a_base64(reply, newline=False) if reply != _OK else _OK_ITEM
    if isinstance(reply, ErrorReply):
        return orjson.dumps({"error": str(reply)})
    return b'{"result":%b}' % _json_base64(reply)
