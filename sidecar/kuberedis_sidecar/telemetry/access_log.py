"""The access log: a JSON object for each request on standard output, with the route and never the path."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any, BinaryIO

import orjson
import structlog

from kuberedis_core.environment import boolean

_FLUSH_SECONDS = 0.1


class _Unflushed:
    """A stream that only `AccessLog` flushes; when another logger flushes the same stream, the lines stay in order."""

    def __init__(self, stream: BinaryIO) -> None:
        self.write = stream.write

    def flush(self) -> None:
        """Do nothing."""


class _RequestLogger(structlog.BoundLoggerBase):
    def request(self, **fields: object) -> None:
        self._proxy_to_logger("info", "request", **fields)


class AccessLog:
    """Writes a line for each request. Lines are flushed together within a tenth of a second: a write each would cost more than the request.

    Args:
        instance: Name of the instance, for each line.
    """

    def __init__(self, instance: str) -> None:
        self._loop = asyncio.get_running_loop()
        self._stream = sys.stdout.buffer
        self._flushing = False
        logger = structlog.BytesLogger(_Unflushed(self._stream))  # type: ignore[arg-type]
        processors: list[Any] = [structlog.processors.TimeStamper(fmt="iso", utc=True), structlog.processors.JSONRenderer(orjson.dumps)]
        self._log: _RequestLogger = structlog.wrap_logger(logger, processors, _RequestLogger).bind(level="info", instance=instance)

    def write(self, route: str, method: str, status: int, seconds: float, request_id: bytes) -> None:
        """Log a response. The line has the route and not the path, which may contain keys and values."""
        self._log.request(
            method=method,
            route=route,
            status=status,
            duration_ms=round(seconds * 1000, 3),
            request_id=request_id.decode(),
        )
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
