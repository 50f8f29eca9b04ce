"""Lines of logs: cut out of what arrives, put in order, and marked with where they are from. Pure."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from typing import NamedTuple

MAX_LINE_BYTES = 16 * 1024
"""A longer line is shown in pieces."""


class Line(NamedTuple):
    """A line of a log."""

    at: str
    """RFC 3339 in UTC, so that texts sort by time; empty where it is not known."""
    source: str
    """Pod and container, or the file."""
    text: str


def lines_of(chunks: Iterable[bytes]) -> Iterator[str]:
    """The lines in chunks of bytes, which may begin and end anywhere."""
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            yield from _pieces(line)
        while len(rest) > MAX_LINE_BYTES:
            yield rest[:MAX_LINE_BYTES].decode(errors="replace")
            rest = rest[MAX_LINE_BYTES:]
    if rest:
        yield from _pieces(rest)


def _pieces(line: bytes) -> Iterator[str]:
    for start in range(0, max(len(line), 1), MAX_LINE_BYTES):
        yield line[start : start + MAX_LINE_BYTES].decode(errors="replace").rstrip("\r")


def stamped(texts: Iterable[str], source: str) -> Iterator[Line]:
    """Lines that begin with a time, as the kubelet writes them when it is asked to."""
    for text in texts:
        at, _, rest = text.partition(" ")
        yield Line(at, source, rest)


def in_order(logs: Iterable[Iterable[Line]]) -> Iterator[Line]:
    """The lines of several logs by time; those of one log keep their order."""
    return heapq.merge(*logs, key=lambda line: line.at)


def shown(line: Line, width: int) -> str:
    """A line for a person, behind where it is from, padded to `width`; without that if `width` is 0."""
    return f"{line.source:<{width}} | {line.text}" if width else line.text
