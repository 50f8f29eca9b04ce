"""Reading JSON bodies (RFC 8259) without changing what was written.

Numbers keep their literal text: Redis stores text, and ``1.50`` must not become ``1.5``.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, NoReturn

import orjson


class Number(str):
    """The literal text of a JSON number."""

    __slots__ = ()


class Integer(Number):
    """The literal text of a JSON number without fraction and exponent."""

    __slots__ = ()


@dataclass(slots=True)
class Parsed:
    """A large body, which was parsed before its request is translated and is not kept itself; see `parse_text`."""

    value: Any
    is_json: bool


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_ONLY_TEXT = frozenset((str,))
# Some editors and .NET's writers begin a file with it.
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
# UTF-8 cannot express half of a surrogate pair; this is how Python writes one nevertheless.
_HALF_PAIR = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]")
_REPLACEMENT_CHARACTER = "\ufffd".encode()
_MAX_HALF_PAIRS = 1000
_decode = json.JSONDecoder(parse_int=Integer, parse_float=Number, parse_constant=_no_constant).decode


def parse(body: bytes, parsed: Parsed | None = None) -> Any:
    """The value of a body; numbers are `Number`. A byte order mark before it is skipped.

    Args:
        body: The body, unless it is large.
        parsed: A large one.

    Raises:
        ValueError: It is not JSON in UTF-8.
    """
    if parsed is not None:
        if not parsed.is_json:
            raise ValueError("not JSON")
        return parsed.value
    if body.startswith(b"{"):
        # An object of strings, the usual one, has no literals to keep, and orjson is faster.
        try:
            value = orjson.loads(body)
        except orjson.JSONDecodeError:
            value = None
        if value is not None and _ONLY_TEXT.issuperset(map(type, value.values())):
            return value
    return _parse_text(decode(body))


def decode(body: bytes) -> str:
    """The text of a body, without a byte order mark.

    Raises:
        ValueError: It is not UTF-8.
    """
    return body.removeprefix(_BYTE_ORDER_MARK).decode()


def parse_text(text: str) -> Parsed:
    """The value of the text of a large body."""
    try:
        return Parsed(_parse_text(text), is_json=True)
    except ValueError:
        return Parsed(None, is_json=False)


def _parse_text(text: str) -> Any:
    try:
        return _decode(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def as_utf8(text: str) -> str | bytes:
    """A string of a body so that it can be sent to Redis: half of a surrogate pair, which JSON can express, becomes U+FFFD.

    Raises:
        ValueError: It has too many of them to be text.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        encoded = text.encode("utf-8", "surrogatepass")
        # Replacing costs time for each, and counting for none.
        if len(encoded) - len(text.encode("utf-8", "ignore")) > _MAX_HALF_PAIRS * len(_REPLACEMENT_CHARACTER):
            raise ValueError(f"more than {_MAX_HALF_PAIRS} halves of surrogate pairs, which are no characters") from None
        return _HALF_PAIR.sub(_REPLACEMENT_CHARACTER, encoded)
    return text
