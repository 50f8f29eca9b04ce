"""Bugs of the gateway: logged in full; the client only learns that one occurred."""

from __future__ import annotations

from kuberedis_core.logging import log
from kuberedis_sidecar.api.error_responses import error
from kuberedis_sidecar.api.model import Response


def internal_error(exception: BaseException) -> Response:
    """Log an unexpected exception, and return the response for the client whose request raised it."""
    log.error("internal_error", error=type(exception).__name__, exc_info=exception)
    return error(500, "internal error; the gateway's log says more")
