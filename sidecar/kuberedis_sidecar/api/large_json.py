"""Large JSON bodies: what they cost is known before they are parsed.

A body of ten megabytes may have five million values, and takes a hundred times its size once it is parsed; so values are counted first. The
counting is cut into steps, for it may take longer than others should wait.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from kuberedis_sidecar.errors import BodyTooLarge

LARGE_BYTES = 48 * 1024
"""Size over which a body is large, and is not served on the fast path."""

MAX_VALUES = 100_000
"""Values of a body: so many are parsed, and as many are packed for Redis, in less than 50 ms."""

MEMORY_FACTOR = 4
"""Bytes of memory for each byte of a body: the body, its text, the strings in it, and what is sent to Redis."""

# Bytes of memory for a value that is not a long string, and how many are not worth counting.
_VALUE_BYTES = 160
_FREE_VALUES = 1000

# A Python string takes as many bytes for each of its characters as the widest of them needs, so one emoji makes a text four times as large.
_UCS2_FACTOR, _UCS4_FACTOR = 5, 8
_BELOW_UCS2, _BELOW_UCS4 = bytes(range(0xC4)), bytes(range(0xF0))
_UCS2_ESCAPE, _UCS4_ESCAPE = re.compile(rb"\\u(?!00)"), re.compile(rb"\\u[dD][89abAB]")

_BEFORE_VALUES = b",[{"
_FEW_STRINGS = 16
_REST_OF_STRING = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)
_QUOTE = ord('"')
# Bytes that are looked at without a turn for others, and what a string costs beside its bytes: some ten milliseconds together.
_STEP_BYTES = 4 * 1024 * 1024
_STRING_BYTES = 400

_TOO_MANY = f"ERR max number of JSON values exceeded. Limit: {MAX_VALUES}; send them in several requests"


def memory(body: bytes, values: int) -> int:
    """Bytes of memory, at most, for a body with so many values, and what is made of it."""
    return _factor(body) * len(body) + _VALUE_BYTES * max(0, min(MAX_VALUES, values) - _FREE_VALUES)


def most_values(body: bytes) -> int:
    """The number of values of a body, or more."""
    # Each value but the first comes after one of these bytes, which may be in a string as well.
    found = None if b"\\" in body else _count_between_strings(body)
    return 1 + (_count_before_values(body) if found is None else found)


def _count_between_strings(body: bytes) -> int | None:
    """The number of these bytes outside of strings, which have no escapes; None if there are many strings."""
    found = position = 0
    for _ in range(_FEW_STRINGS):
        start = body.find(b'"', position)
        found += _count_before_values(body[position : start if start >= 0 else len(body)])
        end = body.find(b'"', start + 1) if start >= 0 else -1
        if end < 0:
            return found
        position = end + 1
    return None


def _count_before_values(body: bytes) -> int:
    # Several times faster than to count one after the other.
    return len(body) - len(body.translate(None, _BEFORE_VALUES))


def _factor(body: bytes) -> int:
    # Without any backslash, that is found out much faster.
    if body.isascii() and (b"\\" not in body or b"\\u" not in body):
        return MEMORY_FACTOR
    if body.translate(None, _BELOW_UCS4) or _UCS4_ESCAPE.search(body):
        return _UCS4_FACTOR
    if body.translate(None, _BELOW_UCS2) or _UCS2_ESCAPE.search(body):
        return _UCS2_FACTOR
    return MEMORY_FACTOR


def check(body: bytes) -> Iterator[None]:
    """Check that a body has at most `MAX_VALUES` values, in steps of a few milliseconds.

    Raises:
        BodyTooLarge: It has more.
    """
    if most_values(body) <= MAX_VALUES:
        return
    yield
    position = done = values = strings = 0
    in_string = False
    while position < len(body):
        start, end = position, min(position + _STEP_BYTES, len(body))
        if in_string:
            position = _end_of_string(body, start, end)
            in_string = position == end or body[position] != _QUOTE
            if position == start and in_string:
                # A backslash at the very end: it is not JSON.
                return
            position += not in_string
        else:
            quote = body.find(b'"', start, end)
            in_string = quote >= 0
            position = quote if in_string else end
            values += _count_before_values(body[start:position])
            strings += in_string
            position += in_string
            # Each string is a value or the name of one.
            if values >= MAX_VALUES or strings > 2 * MAX_VALUES:
                raise BodyTooLarge(_TOO_MANY)
        done += position - start + _STRING_BYTES
        if done >= _STEP_BYTES:
            done = 0
            yield


def _end_of_string(body: bytes, start: int, end: int) -> int:
    """The position of the quote that ends a string, or of whatever the search has come to at `end`."""
    matched = _REST_OF_STRING.match(body, start, end)
    return matched.end() if matched else start
