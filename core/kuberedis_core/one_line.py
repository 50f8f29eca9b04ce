"""Texts of others, fit for a message: one line that a terminal shows as it is."""

from __future__ import annotations


def one_line(text: str) -> str:
    """`text` with single spaces for all white space, and escapes as Python's for what cannot be printed."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in " ".join(text.split()))
