"""Bytes of Redis as text that a person can read: anybody may have written anything, in any encoding and direction."""

from __future__ import annotations

import unicodedata

# Joiners are needed to write some languages, and emoji; they neither move nor hide what stands around them.
_HARMLESS = "\u200c\u200d"
_HIDDEN = frozenset(("Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"))


def readable(data: bytes, *, kept: str = "") -> str:
    """`data` as text, with escapes for bytes that are not UTF-8 and for characters that do not show, or reorder others.

    Args:
        data: What Redis sent.
        kept: Control characters that stay as they are, such as line feeds where lines are wanted.
    """
    text = data.decode(errors="backslashreplace")
    if text.isascii() and text.isprintable():
        return text
    return "".join(letter if letter.isprintable() or letter in kept or _is_harmless(letter) else _escape(letter) for letter in text)


def quoted(data: bytes) -> str:
    """`data` in double quotes, so that redis-cli and `command_line.split` read it as the same bytes.

    As redis-cli shows it, except that characters outside ASCII stay readable.
    """
    return f'"{"".join(map(_quote, data.decode(errors="surrogateescape")))}"'


def _is_harmless(letter: str) -> bool:
    return letter in _HARMLESS or unicodedata.category(letter) not in _HIDDEN


def _escape(letter: str) -> str:
    return ascii(letter)[1:-1]


_ESCAPES = {"\n": r"\n", "\r": r"\r", "\t": r"\t", "\a": r"\a", "\b": r"\b", '"': r"\"", "\\": r"\\"}


def _quote(letter: str) -> str:
    if letter in _ESCAPES:
        return _ESCAPES[letter]
    if letter.isprintable():
        return letter
    return "".join(f"\\x{byte:02x}" for byte in letter.encode(errors="surrogateescape"))
