"""Reading JSON bodies (RFC 8259) without changing what was written.

Numbers keep their literal text: Redis stores text, and ``1.50`` must not become ``1.5``.
"""

from __future__ import annotations

import json
from typing import Any, NoReturn

import orjson


class Number(str):
    """The literal text of a JSON number."""

    __slots__ = ()


class Integer(Number):
    """The literal text of a JSON number without fraction and exponent."""

    __slots__ = ()


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_ONLY_TEXT = frozenset((str,))
_decode = json.JSONDecoder(parse_int=Integer, parse_float=Number, parse_constant=_no_constant).decode


def parse(body: bytes) -> Any:
    """The value of a body; numbers are `Number`.

    Raises:
        ValueError: It is not JSON in UTF-8.
    """
    if body.startswith(b"{"):
        # An object of strings, the usual one, has no literals to keep, and orjson is faster.
        try:
            value = orjson.loads(body)
        except orjson.JSONDecodeError:
            value = None
        if value is not None and _ONLY_TEXT.issuperset(map(type, value.values())):
            return value
    try:
        return _decode(body.decode())
    except RecursionError:
        raise ValueError("nested too deeply") from None
