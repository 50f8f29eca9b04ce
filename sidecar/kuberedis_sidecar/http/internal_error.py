"""Exceptions as responses. A bug of the gateway is logged in full; the client only learns that one occurred."""

from __future__ import annotations

from sanic.exceptions import MethodNotAllowed, SanicException, ServiceUnavailable

from kuberedis_core.logging import log
from kuberedis_sidecar.api.error_responses import error
from kuberedis_sidecar.api.model import Response


def internal_error(exception: BaseException) -> Response:
    """Log an unexpected exception, and return the response for the client whose request raised it."""
    log.error("internal_error", error=type(exception).__name__, exc_info=exception)
    return error(500, "internal error; the gateway's log says more")


def sanic_error(exception: Exception) -> Response:
    """The response to a request that Sanic could not parse, or to a bug of the gateway, as JSON like every error."""
    if isinstance(exception, SanicException) and exception.status_code < 500:
        response = error(exception.status_code, str(exception))
    elif isinstance(exception, ServiceUnavailable):
        response = error(503, "shutting down")
    else:
        response = internal_error(exception)
    if isinstance(exception, MethodNotAllowed):
        response.headers = (("Allow", "GET, HEAD"),)
    return response
