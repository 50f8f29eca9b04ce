"""The slow log of an instance's Redis, for whoever may read its key: the log has arguments of commands, and so data."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sanic import HTTPResponse, Request

from kuberedis_core.acl_rule import Scope
from kuberedis_dashboard.errors import Invalid, NotAllowed, Unavailable
from kuberedis_dashboard.http.route import Route
from kuberedis_dashboard.pages.instance_tabs import instance_tabs
from kuberedis_dashboard.pages.redis_access import redis_of
from kuberedis_dashboard.views.slow_log import MOST_COMMANDS, slow_commands


async def show(request: Request[Any, Any], namespace: str, name: str) -> HTTPResponse:
    """The slow log, or why it cannot be read."""
    # Of all scopes only this one may use SLOWLOG.
    client = await redis_of(request, namespace, name, Scope.ADMIN)
    tabs = await instance_tabs(request, namespace, name)
    problem, reply = None, None
    try:
        reply = await client.result("SLOWLOG", "GET", MOST_COMMANDS)
    except (Invalid, NotAllowed, Unavailable) as error:
        problem = error
    response: HTTPResponse = request.app.ctx.templates.render(
        request,
        "instance-slow-log.html",
        namespace=namespace,
        name=name,
        tabs=tabs,
        commands=slow_commands(reply, datetime.now(UTC)),
        problem=problem,
    )
    return response


ROUTES = (Route("instance_slow_log", "/instances/<namespace:str>/<name:str>/slowlog", show),)
