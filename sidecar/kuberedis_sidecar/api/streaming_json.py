"""Large replies as JSON in pieces, so that none is ever in memory, or blocks the event loop, as a whole.

The pieces are made while they are sent. `is_large` decides which replies are encoded so; ``reply_encoding`` encodes the others at once.
"""

from __future__ import annotations

import codecs
from binascii import b2a_base64
from collections.abc import Callable, Iterator

import orjson

from kuberedis_sidecar.redis.replies import Replies, Reply

_LARGE_BYTES = 1024 * 1024
_MANY_ELEMENTS = 4096

# Divisible by three, so that only the last piece of base64 is padded.
_PIECE_BYTES = 192 * 1024

_ONLY_BYTES = {bytes}

Encode = Callable[[Reply], bytes]


def is_large(reply: Reply) -> bool:
    """Whether to encode the reply in pieces."""
    if type(reply) is bytes:
        return len(reply) > _LARGE_BYTES
    return type(reply) is list and (len(reply) > _MANY_ELEMENTS or any(is_large(element) for element in reply))


def are_small_strings(replies: Replies) -> bool:
    """Whether all replies are strings, one or more, and none is large. There may be thousands, so the loops run in C."""
    return set(map(type, replies)) == _ONLY_BYTES and max(map(len, replies)) <= _LARGE_BYTES  # type: ignore[arg-type]


def buffered(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The same bytes, in pieces large enough for a write each."""
    buffer: list[bytes] = []
    size = 0
    for piece in pieces:
        buffer.append(piece)
        size += len(piece)
        if size >= _PIECE_BYTES:
            yield b"".join(buffer)
            buffer.clear()
            size = 0
    if buffer:
        yield b"".join(buffer)


def in_object(members: bytes, pieces: Iterator[bytes]) -> Iterator[bytes]:
    """A JSON object: `members`, its beginning up to and with a colon, and then a value in pieces."""
    yield members
    yield from pieces
    yield b"}"


def array(elements: Iterator[Iterator[bytes]]) -> Iterator[bytes]:
    """A JSON array of elements, each in pieces."""
    yield b"["
    for index, element in enumerate(elements):
        if index:
            yield b","
        yield from element
    yield b"]"


def value(reply: Reply, encode: Encode, string: Callable[[bytes], Iterator[bytes]]) -> Iterator[bytes]:
    """A reply as JSON.

    Args:
        reply: Reply of Redis.
        encode: Encodes a value that is not large.
        string: Encodes a large string in pieces: `text` or `base64`.
    """
    if type(reply) is bytes and len(reply) > _LARGE_BYTES:
        yield from string(reply)
    elif type(reply) is list:
        yield from array(value(element, encode, string) for element in reply)
    else:
        yield encode(reply)


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
