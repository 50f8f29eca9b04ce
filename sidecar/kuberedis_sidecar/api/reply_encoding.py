"""Replies of Redis as JSON, in the two encodings of Upstash's protocol and in that of the resource API."""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from kuberedis_sidecar.api import streaming_json
from kuberedis_sidecar.api.error_responses import error_reply, reply_status
from kuberedis_sidecar.api.model import BYTES, Response
from kuberedis_sidecar.api.streaming_json import are_small_strings, is_large
from kuberedis_sidecar.errors import ErrorReply
from kuberedis_sidecar.redis.replies import Replies, Reply

_OK = b'{"result":"OK"}'


def result(reply: Reply) -> Response:
    """The response to one command, strings as text; what is not UTF-8 becomes U+FFFD."""
    if isinstance(reply, ErrorReply):
        return error_reply(str(reply))
    if is_large(reply):
        return _in_pieces(_large_item(reply))
    return Response(200, b'{"result":%b}' % _json_text(reply))


def result_base64(reply: Reply) -> Response:
    """The response to one command, strings in base64 (RFC 4648, section 4) except for the status reply OK."""
    if isinstance(reply, ErrorReply):
        return error_reply(str(reply))
    if is_large(reply):
        return _in_pieces(_large_item_base64(reply))
    return Response(200, _item_base64(reply))


def results(replies: Replies) -> Response:
    """The response to a pipeline or transaction, a result for each command in order, strings as text."""
    if are_small_strings(replies):
        return Response(200, _small_strings(replies))  # type: ignore[arg-type]
    if any(map(is_large, replies)):
        return _in_pieces(streaming_json.array(map(_large_item, replies)))
    return Response(200, orjson.dumps([_item(reply) for reply in replies]))


def results_base64(replies: Replies) -> Response:
    """The response to a pipeline or transaction, a result for each command in order, strings in base64."""
    if are_small_strings(replies):
        texts = [reply if reply == b"OK" else b2a_base64(reply, newline=False) for reply in replies]  # type: ignore[arg-type]
        return Response(200, b'[{"result":"%b"}]' % b'"},{"result":"'.join(texts))
    if any(map(is_large, replies)):
        return _in_pieces(streaming_json.array(map(_large_item_base64, replies)))
    return Response(200, b"[%b]" % b",".join(map(_item_base64, replies)))


def raw_result(replies: Sequence[bytes]) -> Response:
    """The response to one command, in the bytes that Redis sent."""
    reply = replies[0]
    status = reply_status(reply[1:].decode(errors="replace")) if reply.startswith(b"-") else 200
    return raw(reply, status)


def raw_results(replies: Sequence[bytes]) -> Response:
    """The response to several commands, in the bytes that Redis sent."""
    return raw(b"".join(replies))


def raw(value: bytes, status: int = 200) -> Response:
    """A response with bytes as its body."""
    if is_large(value):
        return Response(status, b"", BYTES, pieces=streaming_json.raw(value))
    return Response(status, value, BYTES)


def in_object(members: bytes, reply: Reply, base64: bool) -> Response:
    """A response with a JSON object: `members`, its beginning up to and with a colon, and then the reply."""
    encode, string = (_json_base64, streaming_json.base64) if base64 else (_json_text, streaming_json.text)
    if is_large(reply):
        return _in_pieces(streaming_json.in_object(members, streaming_json.value(reply, encode, string)))
    return Response(200, b"%b%b}" % (members, encode(reply)))


def as_text(reply: Reply) -> Any:
    """The reply as a JSON value; invalid UTF-8 becomes U+FFFD."""
    if isinstance(reply, bytes):
        return reply.decode(errors="replace")
    if isinstance(reply, list):
        return [as_text(element) for element in reply]
    if isinstance(reply, ErrorReply):
        return {"error": str(reply)}
    return reply


def as_base64(reply: Reply) -> Any:
    """The reply as a JSON value, every string in base64."""
    if isinstance(reply, bytes):
        return encode_base64(reply)
    if isinstance(reply, list):
        return [as_base64(element) for element in reply]
    if isinstance(reply, ErrorReply):
        return {"error": str(reply)}
    return reply


def is_text(reply: Reply) -> bool:
    """Whether every string in the reply is UTF-8."""
    if isinstance(reply, bytes):
        try:
            reply.decode()
        except UnicodeDecodeError:
            return False
        return True
    return not isinstance(reply, list) or all(is_text(element) for element in reply)


def encode_base64(value: bytes) -> str:
    """Standard alphabet, padded, no line breaks."""
    return b2a_base64(value, newline=False).decode("ascii")


def _small_strings(replies: Sequence[bytes]) -> bytes:
    try:
        texts = list(map(bytes.decode, replies))
    except UnicodeDecodeError:
        texts = [reply.decode("utf-8", "replace") for reply in replies]
    # Faster than a dictionary for each. A line feed inside a JSON string is escaped, so these are only between the strings.
    lines = orjson.dumps(texts, option=orjson.OPT_INDENT_2)[4:-2]
    return b'[{"result":%b}]' % lines.replace(b",\n  ", b'},{"result":')


def _in_pieces(pieces: Iterator[bytes]) -> Response:
    return Response(200, b"", pieces=streaming_json.buffered(pieces))


def _json_text(reply: Reply) -> bytes:
    return orjson.dumps(as_text(reply))


def _json_base64(reply: Reply) -> bytes:
    return orjson.dumps(as_base64(reply))


def _large_item(reply: Reply) -> Iterator[bytes]:
    if not is_large(reply):
        return iter((orjson.dumps(_item(reply)),))
    return streaming_json.in_object(b'{"result":', streaming_json.value(reply, _json_text, streaming_json.text))


def _large_item_base64(reply: Reply) -> Iterator[bytes]:
    if not is_large(reply):
        return iter((_item_base64(reply),))
    return streaming_json.in_object(b'{"result":', streaming_json.value(reply, _json_base64, streaming_json.base64))


def _item(reply: Reply) -> Any:
    if isinstance(reply, ErrorReply):
        return {"error": str(reply)}
    return {"result": as_text(reply)}


def _item_base64(reply: Reply) -> bytes:
    if type(reply) is bytes:
        return b'{"result":"%b"}' % b2a_base64(reply, newline=False) if reply != b"OK" else _OK
    if isinstance(reply, ErrorReply):
        return orjson.dumps({"error": str(reply)})
    return b'{"result":%b}' % _json_base64(reply)
