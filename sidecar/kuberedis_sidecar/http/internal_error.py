"""Faults of the gateway itself: told in full to the log, and to the client only that they happened."""

from __future__ import annotations

from kuberedis_core.logging import log
from kuberedis_sidecar.api.error_responses import error
from kuberedis_sidecar.api.model import Response


def internal_error(fault: BaseException) -> Response:
    """Log a fault; the answer for the client whose request met it."""
    log.error("internal_error", error=type(fault).__name__, exc_info=fault)
    return error(500, "internal error; the gateway's log says more")
