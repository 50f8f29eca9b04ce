"""The access log: a JSON object for each request on standard output, with the route and never the path."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path

import orjson

from kuberedis_core.environment import boolean

_FLUSH_SECONDS = 0.1
_OPTIONS = orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z


class AccessLog:
    """Writes a line for each request, of the form that all lines of the log have (`kuberedis_core.logging`).

    It is made here at once, which takes a third of the time. Lines are flushed together within a tenth of a second: a write each would cost
    more than the request. When another logger flushes the same stream, the lines stay in order.

    Args:
        instance: Name of the instance, for each line.
    """

    def __init__(self, instance: str) -> None:
        self._loop = asyncio.get_running_loop()
        self._stream = sys.stdout.buffer
        self._flushing = False
        self._instance = instance

    def write(self, route: str, method: str, status: int, seconds: float, request_id: bytes) -> None:
        """Log a response. The line has the route and not the path, which may contain keys and values."""
        line = {
            "level": "info",
            "instance": self._instance,
            "method": method,
            "route": route,
            "status": status,
            "duration_ms": round(seconds * 1000, 3),
            "request_id": request_id.decode(),
            "event": "request",
            "timestamp": datetime.now(UTC),
        }
        self._stream.write(orjson.dumps(line, option=_OPTIONS))
        if not self._flushing:
            self._flushing = True
            self._loop.call_later(_FLUSH_SECONDS, self._flush)

    def _flush(self) -> None:
        self._flushing = False
        self._stream.flush()


def is_wanted(switch: Path | None, otherwise: bool) -> bool:
    """Whether a file, which may change at any time, turns the access log on.

    Args:
        switch: File with `true` or `false`; None for none.
        otherwise: The result if the file cannot be read, or holds neither.
    """
    try:
        return otherwise if switch is None else boolean(switch.read_text(encoding="ascii").strip())
    except (OSError, ValueError):
        return otherwise
