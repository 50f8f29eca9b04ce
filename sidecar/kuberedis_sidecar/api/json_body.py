"""Reading JSON bodies (RFC 8259) without changing what was written.

Numbers keep their literal text: Redis stores text, and ``1.50`` must not become ``1.5``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

import orjson

from kuberedis_sidecar.errors import BodyTooLarge


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


MAX_HALF_PAIRS = 1000
"""Halves of surrogate pairs in a large body."""

_ONLY_TEXT = frozenset((str,))
# An array of arrays, a pipeline, does not begin like this.
_MAY_BE_TEXT = (b"{", b'["')
# Some editors and .NET's writers begin a file with it.
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
# UTF-8 cannot express half of a surrogate pair; this is how Python writes one nevertheless.
_HALF_PAIR = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]")
_SURROGATE_ESCAPE = re.compile(r"\\u[dD]")
_REPLACEMENT_CHARACTER = "\ufffd".encode()
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
    if body.startswith(_MAY_BE_TEXT):
        value = _only_text(body)
        if value is not None:
            return value
    return _parse_text(decode(body))


def _only_text(json_text: bytes | str) -> Any:
    """The value of JSON that may be an object or an array of strings, the usual ones; None if it is not.

    It has no literals to keep, and orjson is faster.
    """
    try:
        value = orjson.loads(json_text)
    except orjson.JSONDecodeError:
        return None
    return value if _ONLY_TEXT.issuperset(map(type, value.values() if type(value) is dict else value)) else None


def decode(body: bytes) -> str:
    """The text of a body, without a byte order mark.

    Raises:
        ValueError: It is not UTF-8.
    """
    return body.removeprefix(_BYTE_ORDER_MARK).decode()


def parse_text(text: str) -> Parsed:
    """The value of the text of a large body.

    Raises:
        BodyTooLarge: It has too many halves of surrogate pairs, each of which takes time to replace.
    """
    # A value with arrays inside is not parsed twice.
    value = _only_text(text) if text.startswith(("{", '["')) and text.find("[", 1) < 0 else None
    if value is not None:
        return Parsed(value, is_json=True)
    try:
        value = _parse_text(text)
    except ValueError:
        return Parsed(None, is_json=False)
    # Without any backslash, that is found out much faster.
    if "\\" in text and _SURROGATE_ESCAPE.search(text) and _half_pairs(value) > MAX_HALF_PAIRS:
        raise BodyTooLarge(f"ERR max number of halves of surrogate pairs exceeded. Limit: {MAX_HALF_PAIRS}; send bytes as base64")
    return Parsed(value, is_json=True)


def _parse_text(text: str) -> Any:
    try:
        return _decode(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def plain_value(body: bytes) -> bytes | None:
    """The bytes of the only member of an object, `value`, if that is a string, and written without escapes; None if it is not.

    For a large one this takes half of the time that orjson takes to read it.
    """
    start = 10 if body.startswith(b'{"value":"') else 11 if body.startswith(b'{"value": "') else 0
    # `find` is twice as fast as `in`.
    if not start or body.find(b'"', start) != len(body) - 2 or not body.endswith(b"}"):
        return None
    string = body[start:-2]
    try:
        # Longer than its quotes make it if there are backslashes, or control characters, which JSON allows only as escapes.
        return string if len(orjson.dumps(string.decode())) == len(string) + 2 else None
    except UnicodeDecodeError:
        return None


def as_utf8(text: str) -> str | bytes:
    """A string of a body so that it can be sent to Redis: half of a surrogate pair, which JSON can express, becomes U+FFFD."""
    if text.isascii():
        return text
    try:
        return text.encode()
    except UnicodeEncodeError:
        return _HALF_PAIR.sub(_REPLACEMENT_CHARACTER, text.encode("utf-8", "surrogatepass"))


def _half_pairs(value: Any) -> int:
    """How many halves of surrogate pairs are in the strings of a value."""
    try:
        orjson.dumps(value)
    except orjson.JSONEncodeError:
        # It refuses them, and with them what is nested deeply.
        text = "".join(_texts(value))
        return (len(text.encode("utf-8", "surrogatepass")) - len(text.encode("utf-8", "ignore"))) // len(_REPLACEMENT_CHARACTER)
    return 0


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for element in value:
            yield from _texts(element)
    elif isinstance(value, dict):
        for name, member in value.items():
            yield name
            yield from _texts(member)
