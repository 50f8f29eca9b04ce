"""A line that somebody typed, as a command: the quoting of redis-cli.

`shlex` has other rules: no escapes such as `\\n` and `\\xff`, a backslash outside quotes that takes the next character, and quotes that end
in the middle of a word. Source: `sdssplitargs` of Redis, which redis-cli uses.
"""

from __future__ import annotations

import re

MAX_LINE_BYTES = 1024 * 1024

# A word is what is outside quotes, and at its end perhaps one part inside quotes, behind which white space or the end has to follow.
_WORD = re.compile(
    rb"""
    (?P<bare> [^\s"']* )
    (?: " (?P<double> (?: [^"\\] | \\. )* ) " | ' (?P<single> (?: [^'\\] | \\' | \\(?!') )* ) ' )?
    (?= \s | \Z )
    """,
    re.VERBOSE | re.DOTALL,
)
_SPACE = re.compile(rb"\s*")
_ESCAPE = re.compile(rb"\\(?:x([0-9a-fA-F]{2})|(.))", re.DOTALL)
_MEANINGS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"a": b"\a"}


class UnbalancedQuotes(ValueError):
    """A line that redis-cli would refuse as well."""


def split(line: str) -> list[bytes]:
    """The words of a line; none if it is blank.

    Inside double quotes `\\n`, `\\r`, `\\t`, `\\b`, `\\a` and `\\xff` have a meaning and a backslash protects any other character; inside
    single quotes it protects a single quote; outside quotes it is a character like others.

    Raises:
        UnbalancedQuotes: A quote does not end, or something follows it without a space; the text says what to do.
        ValueError: The line is too long, or has a character that no line can have.
    """
    data = line.encode(errors="surrogatepass")
    if len(data) > MAX_LINE_BYTES:
        raise ValueError(f"a command has at most {MAX_LINE_BYTES} bytes here")
    if b"\0" in data:
        raise ValueError(r'a line has no NUL; write it as "\x00"')
    words: list[bytes] = []
    position = _skip_space(data, 0)
    while position < len(data):
        match = _WORD.match(data, position)
        if match is None:
            raise UnbalancedQuotes("a quote does not end, or has something right behind it; end it, and put a space behind it")
        words.append(_word(match))
        position = _skip_space(data, match.end())
    return words


def _skip_space(data: bytes, position: int) -> int:
    match = _SPACE.match(data, position)
    return match.end() if match else position


def _word(match: re.Match[bytes]) -> bytes:
    if match["double"] is not None:
        return match["bare"] + _ESCAPE.sub(_meaning, match["double"])
    if match["single"] is not None:
        return match["bare"] + match["single"].replace(b"\\'", b"'")
    return match["bare"]


def _meaning(escape: re.Match[bytes]) -> bytes:
    digits, character = escape.groups()
    return bytes.fromhex(digits.decode()) if digits is not None else _MEANINGS.get(character, character)
