"""Large replies as JSON in pieces, so that neither the memory nor the event loop has to take one whole.

The pieces are made while they are sent. What an ordinary reply is, is decided by `is_large`; those are encoded in one go elsewhere.
"""

from __future__ import annotations

import codecs
from binascii import b2a_base64
from collections.abc import Callable, Iterator, Sequence

import orjson

from kuberedis_sidecar.api.model import Reply

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


def are_small_strings(replies: Sequence[Reply]) -> bool:
    """Whether all replies are strings (one or more) that are encoded in one go; the loops run in C, for there may be thousands."""
    return set(map(type, replies)) == _ONLY_BYTES and max(map(len, replies)) <= _LARGE_BYTES  # type: ignore[arg-type]


def gathered(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces that are worth a write each."""
    waiting: list[bytes] = []
    size = 0
    for piece in pieces:
        waiting.append(piece)
        size += len(piece)
        if size >= _PIECE_BYTES:
            yield b"".join(waiting)
            waiting.clear()
            size = 0
    if waiting:
        yield b"".join(waiting)


def enclosed(members: bytes, pieces: Iterator[bytes]) -> Iterator[bytes]:
    """A JSON object of which `members` is the beginning, up to the value that is in pieces."""
    yield members
    yield from pieces
    yield b"}"


def array(elements: Iterator[Iterator[bytes]]) -> Iterator[bytes]:
    """A JSON array of elements that are each in pieces."""
    yield b"["
    for index, element in enumerate(elements):
        if index:
            yield b","
        yield from element
    yield b"]"


def value(reply: Reply, encode: Encode, string: Callable[[bytes], Iterator[bytes]]) -> Iterator[bytes]:
    """A reply as JSON.

    Args:
        reply: What Redis replied.
        encode: Encodes what is not large in one go.
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
