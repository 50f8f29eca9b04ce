"""Errors in words: what went wrong and what to do, as a page, as a part of one, or as JSON, whichever was asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sanic import HTTPResponse, Request
from sanic.exceptions import SanicException
from sanic.response import json, redirect

from kuberedis_core.logging import log
from kuberedis_dashboard.errors import DashboardError, NotFound, SignedOut
from kuberedis_dashboard.http.route import is_htmx
from kuberedis_dashboard.http.templates import Templates


class Misdirected(DashboardError):
    """The request is for another host."""

    status = 421
    title = "Not this host"


class CrossSite(DashboardError):
    """Another site made the browser send the request."""

    status = 403
    title = "Refused"
    default_advice = "Load the dashboard's page again and send its form from there."


def error_response(
    request: Request[Any, Any], exception: Exception, templates: Templates, sign_in: str, again: Mapping[str, str] | None = None
) -> HTTPResponse:
    """The response for an exception.

    Args:
        request: the request, of which nothing may be known.
        exception: what a handler raised.
        templates: the templates.
        sign_in: address of the sign-in page that leads back to the request's.
        again: fields of a form, which the page can send once more; None if there is none.
    """
    error = _as_dashboard_error(exception)
    if "application/json" in request.headers.get("accept", ""):
        response: HTTPResponse = json({"error": error.message, "advice": error.advice}, error.status)
    elif is_htmx(request):
        response = templates.render(request, "error-part.html", status=error.status, error=error)
        if isinstance(error, SignedOut):
            response.headers["HX-Redirect"] = sign_in
    elif isinstance(error, SignedOut) and request.method == "GET":
        response = redirect(sign_in, status=303)
    else:
        address = request.raw_url.decode("latin-1")
        response = templates.render(request, "error.html", status=error.status, error=error, again=again, address=address)
    return response


def _as_dashboard_error(exception: Exception) -> DashboardError:
    if isinstance(exception, DashboardError):
        return exception
    if isinstance(exception, SanicException) and exception.status_code == 404:
        return NotFound("there is no such page")
    if isinstance(exception, SanicException) and exception.status_code < 500:
        error = DashboardError(str(exception), "Go back and try again.")
        error.status = exception.status_code
        return error
    log.error("internal_error", exc_info=exception)
    return DashboardError("the dashboard has met an error of its own")
