"""Structured logs: one JSON object a line on standard output.

Nothing that a caller sent beyond the path without its query, and nothing secret, is ever passed to the logger.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from typing import Any, BinaryIO

import orjson
import structlog

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}

_FLUSH_SECONDS = 0.1

log: Any = structlog.get_logger()


class _Held:
    """A stream whose lines wait for `AccessLog` to flush them; those of other loggers on the same stream take them along, in order."""

    def __init__(self, stream: BinaryIO) -> None:
        self.write = stream.write

    def flush(self) -> None:
        """Not yet."""


class _RequestLogger(structlog.BoundLoggerBase):
    def request(self, **fields: object) -> None:
        self._proxy_to_logger("info", "request", **fields)


class AccessLog:
    """One line a request. Lines leave together, a tenth of a second late at most: a write a request would cost more than the request.

    Args:
        instance: The instance's name, for each line.
    """

    def __init__(self, instance: str) -> None:
        self._loop = asyncio.get_running_loop()
        self._stream = sys.stdout.buffer
        self._flushing = False
        logger = structlog.BytesLogger(_Held(self._stream))  # type: ignore[arg-type]
        processors: list[Any] = [structlog.processors.TimeStamper(fmt="iso", utc=True), structlog.processors.JSONRenderer(orjson.dumps)]
        self._log: _RequestLogger = structlog.wrap_logger(logger, processors, _RequestLogger).bind(level="info", instance=instance)

    def write(self, route: str, method: str, status: int, seconds: float, request_id: bytes) -> None:
        """Log an answer. The line has the route and not the path, which can hold keys and values."""
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


def configure(level: str) -> None:
    """Send the logs of this process, and of the libraries in it, to standard output as JSON lines.

    Args:
        level: debug, info, warning or error.
    """
    shared: list[Any] = [structlog.processors.add_log_level, structlog.processors.TimeStamper(fmt="iso", utc=True)]
    structlog.configure(
        processors=[*shared, structlog.processors.format_exc_info, structlog.processors.JSONRenderer(orjson.dumps)],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=structlog.BytesLoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
