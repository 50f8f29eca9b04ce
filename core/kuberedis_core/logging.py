"""Structured logs: one JSON object a line on standard output.

Nothing that a caller sent beyond the path without its query, and nothing secret, is ever passed to the logger.
"""

from __future__ import annotations

import io
import logging
import sys
from typing import Any, BinaryIO, cast

import orjson
import structlog

from kuberedis_core.environment import LOG_LEVELS

log: Any = structlog.get_logger()


def configure(level: str, output: io.RawIOBase | None = None) -> None:
    """Send the logs of this process, and of the libraries in it, to standard output as JSON lines.

    Args:
        level: debug, info, warning or error.
        output: standard output, if the process writes to it by a stream of its own.
    """
    # What an io.RawIOBase has is all that is called.
    binary = cast("BinaryIO | None", output)
    shared: list[Any] = [structlog.processors.add_log_level, structlog.processors.TimeStamper(fmt="iso", utc=True)]
    structlog.configure(
        processors=[*shared, structlog.processors.format_exc_info, structlog.processors.JSONRenderer(orjson.dumps)],
        wrapper_class=structlog.make_filtering_bound_logger(LOG_LEVELS[level]),
        logger_factory=structlog.BytesLoggerFactory(binary),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout if binary is None else io.TextIOWrapper(binary, "utf-8", write_through=True))
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
