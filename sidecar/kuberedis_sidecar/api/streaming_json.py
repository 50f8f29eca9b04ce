"""Large replies as JSON in pieces, so that none is ever in memory, or blocks the event loop, as a whole.

The pieces are made while they are sent. `is_large` decides which replies are encoded so; ``reply_encoding`` encodes the others at once.
The work for a piece is bounded as well as its size: an array goes through in groups of elements, and each group that is small is encoded
at once. A piece may be empty, where something had to be looked through before the next one could be made.
"""

from __future__ import annotations

import codecs
from binascii import b2a_base64
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import orjson

from kuberedis_sidecar.redis.replies import MAX_NESTING, Replies, Reply, memory_left

_LARGE_BYTES = 1024 * 1024
# Divisible by three, so that only the last piece of base64 is padded. As JSON, a piece may be six times as large.
_PIECE_BYTES = 48 * 1024
_GROUP = 256
# Parts of a piece; each may be a group.
_MOST_PARTS = 16

_ONLY_BYTES = {bytes}

Encode = Callable[[Any, int], bytes]
"""Encodes a small reply, whose arrays may be nested so deeply, or an array of such."""


def is_large(reply: Reply) -> bool:
    """Whether to encode the reply in pieces."""
    if type(reply) is bytes:
        return len(reply) > _LARGE_BYTES
    return type(reply) is list and memory_left(reply, _LARGE_BYTES) < 0


def are_small_strings(replies: Replies) -> bool:
    """Whether all replies are strings, one or more, and all together are not large. There may be thousands, so the loops run in C."""
    return set(map(type, replies)) == _ONLY_BYTES and sum(map(len, replies)) <= _LARGE_BYTES  # type: ignore[arg-type]


def buffered(parts: Iterator[bytes]) -> Iterator[bytes]:
    """The same bytes, in pieces large enough for a write each, unless there is too much work in one."""
    buffer: list[bytes] = []
    size = 0
    for part in parts:
        buffer.append(part)
        size += len(part)
        if size >= _PIECE_BYTES or len(buffer) >= _MOST_PARTS or not part:
            yield b"".join(buffer)
            buffer.clear()
            size = 0
    if buffer:
        yield b"".join(buffer)


def in_object(members: bytes, parts: Iterator[bytes]) -> Iterator[bytes]:
    """A JSON object: `members`, its beginning up to and with a colon, and then a value in parts."""
    yield members
    yield from parts
    yield b"}"


def array(elements: Sequence[Any], encode: Encode, part: Callable[[Any], Iterator[bytes]], nesting: int = MAX_NESTING) -> Iterator[bytes]:
    """A JSON array.

    Args:
        elements: Its elements.
        encode: Encodes a group of them that is small.
        part: Encodes one in parts.
        nesting: How deeply arrays may be nested, this one included.
    """
    comma = b"["
    for start in range(0, len(elements), _GROUP):
        group = elements[start : start + _GROUP]
        if memory_left(list(group), _PIECE_BYTES, nesting) >= 0:
            yield comma + encode(group, nesting)[1:-1]
            comma = b","
            continue
        for element in group:
            yield comma
            yield from part(element)
            comma = b","
    yield b"]" if elements else b"[]"


def value(reply: Reply, encode: Encode, string: Callable[[bytes], Iterator[bytes]], nesting: int = MAX_NESTING) -> Iterator[bytes]:
    """A reply as JSON.

    Args:
        reply: Reply of Redis.
        encode: Encodes a value that is not large.
        string: Encodes a large string in pieces: `text` or `base64`.
        nesting: How deeply arrays may be nested.
    """
    if type(reply) is bytes and len(reply) > _PIECE_BYTES:
        yield from string(reply)
    elif type(reply) is list and nesting:
        yield from array(reply, encode, lambda element: value(element, encode, string, nesting - 1), nesting)
    else:
        yield encode(reply, nesting)


def text(reply: bytes) -> Iterator[bytes]:
    """A JSON string; invalid UTF-8 becomes U+FFFD."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    yield b'"'
    for piece in raw(reply):
        yield orjson.dumps(decoder.decode(piece))[1:-1]
    yield orjson.dumps(decoder.decode(b"", True))[1:]


def base64(reply: bytes) -> Iterator[bytes]:
    """A JSON string in base64."""
    yield b'"'
    for piece in raw(reply):
        yield b2a_base64(piece, newline=False)
    yield b'"'


def raw(reply: bytes) -> Iterator[bytes]:
    """The bytes themselves."""
    for start in range(0, len(reply), _PIECE_BYTES):
        yield reply[start : start + _PIECE_BYTES]


def texts(reply: Reply, nesting: int = MAX_NESTING) -> Iterator[bool]:
    """Whether each part of a reply is text in UTF-8, a small part at a time."""
    if type(reply) is bytes and len(reply) > _PIECE_BYTES:
        yield from _text(reply)
    elif isinstance(reply, bytes):
        yield reply.isascii() or _is_utf8(reply)
    elif type(reply) is list and nesting:
        for start in range(0, len(reply), _GROUP):
            group = reply[start : start + _GROUP]
            if memory_left(group, _PIECE_BYTES, 0) >= 0 and _ONLY_BYTES.issuperset(map(type, group)):
                yield all(map(_is_utf8, group))  # type: ignore[arg-type]
            else:
                for element in group:
                    yield from texts(element, nesting - 1)


def _text(reply: bytes) -> Iterator[bool]:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for piece in raw(reply):
            decoder.decode(piece)
            yield True
        decoder.decode(b"", True)
    except UnicodeDecodeError:
        yield False


def _is_utf8(value: bytes) -> bool:
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True
