"""Structured logs: one JSON object a line on standard output.

Nothing that a caller sent beyond the path without its query, and nothing secret, is ever passed to the logger.
"""

from __future__ import annotations

import logging
import sys
from typing import Any

import orjson
import structlog

from kuberedis_core.environment import LOG_LEVELS

log: Any = structlog.get_logger()


def configure(level: str) -> None:
    """Send the logs of this process, and of the libraries in it, to standard output as JSON lines.

    Args:
        level: debug, info, warning or error.
    """
    shared: list[Any] = [structlog.processors.add_log_level, structlog.processors.TimeStamper(fmt="iso", utc=True)]
    structlog.configure(
        processors=[*shared, structlog.processors.format_exc_info, structlog.processors.JSONRenderer(orjson.dumps)],
        wrapper_class=structlog.make_filtering_bound_logger(LOG_LEVELS[level]),
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
