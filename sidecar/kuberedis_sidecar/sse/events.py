"""Events as text (https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation). Pure."""

from __future__ import annotations

from typing import Any

EVENT_END = b"\n\n"
"""Ends each event, and is nowhere inside one."""

HEARTBEAT = b": keep-alive\n\n"


def encode_event(reply: Any) -> bytes:
    """A push of Redis as an event with one data line: its elements, separated by commas, or the line of MONITOR.

    A line break would end the event, and what follows it could forge another event; so it becomes the two characters of its escape.
    """
    if reply == b"OK":
        return b'data: "OK"\n\n'
    parts = reply if isinstance(reply, list) else [reply]
    line = b",".join([part if isinstance(part, bytes) else str(part).encode() for part in parts])
    if not line.isascii():
        line = line.decode(errors="replace").encode()
    return b"data: %b\n\n" % line.replace(b"\r", b"\\r").replace(b"\n", b"\\n")


def encode_end(reason: str) -> bytes:
    """The last event of a stream."""
    return b"event: close\ndata: %b\n\n" % reason.encode()
