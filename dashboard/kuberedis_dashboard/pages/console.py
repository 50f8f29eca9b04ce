"""The console of an instance: a line in, the reply as redis-cli writes it out.

Lines travel in the bodies of POST requests only. What a line may do is the scope that was chosen, which Redis enforces.
"""

from __future__ import annotations

from typing import Any

from sanic import HTTPResponse, Request
from sanic.response import json

from kuberedis_core.acl_rule import Scope
from kuberedis_dashboard.errors import DashboardError
from kuberedis_dashboard.gateway.redis_client import RedisClient
from kuberedis_dashboard.http.route import Route, is_htmx
from kuberedis_dashboard.http.templates import compressed
from kuberedis_dashboard.pages.form_data import sent_values
from kuberedis_dashboard.pages.instance_tabs import instance_tabs
from kuberedis_dashboard.pages.redis_access import redis_of
from kuberedis_dashboard.redis.command_docs import CommandHelp, help_text, read_docs
from kuberedis_dashboard.redis.console import read_line
from kuberedis_dashboard.redis.replies import ErrorReply
from kuberedis_dashboard.redis.reply_text import format_reply
from kuberedis_dashboard.views.console import LONGEST_OUTPUT, Output, output

_LARGEST_FORM = 4 * 1024 * 1024
"""Bytes; a line has a quarter, of which each may take three in a form."""
_SECONDS = 60.0
"""How long a command may take, one that blocks among them."""


async def show(request: Request[Any, Any], namespace: str, name: str) -> HTTPResponse:
    """The console, which is empty."""
    await redis_of(request, namespace, name)
    return await _page(request, namespace, name, Scope.READ, None)


async def run(request: Request[Any, Any], namespace: str, name: str) -> HTTPResponse:
    """A line, and what comes of it."""
    form = sent_values(request, _LARGEST_FORM)
    line, scope = form.get("line", ""), _scope(form.get("scope", ""))
    client = await redis_of(request, namespace, name, scope)
    shown = await _output(client, line, is_confirmed=form.get("confirmed") == "yes")
    if is_htmx(request):
        response: HTTPResponse = request.app.ctx.templates.render(
            request, "console-output.html", namespace=namespace, name=name, scope=scope, output=shown
        )
        return response
    return await _page(request, namespace, name, scope, shown)


async def commands(request: Request[Any, Any], namespace: str, name: str) -> HTTPResponse:
    """The commands of the server as JSON: name, arguments and summary of each."""
    client = await redis_of(request, namespace, name)
    rows = [(each.name, each.arguments, each.summary) for each in await _documented(client)]
    return compressed(request, json({"commands": rows}))


async def _output(client: RedisClient, line: str, *, is_confirmed: bool) -> Output:
    try:
        read = read_line(line)
    except ValueError as error:
        return output(line, f"{error}\n", is_error=True)
    if read.note:
        return output(line, f"{read.note}\n")
    if read.help:
        return output(line, help_text(await _documented(client, read.help), read.help))
    if read.loss and not is_confirmed:
        return output(line, "", loss=read.loss)
    try:
        reply = await client.run(*read.command, most_bytes=LONGEST_OUTPUT * 8, seconds=_SECONDS)
    except DashboardError as error:
        return output(line, f"{error.message}. {error.advice}\n", is_error=True)
    return output(line, format_reply(reply, read.command), is_error=isinstance(reply, ErrorReply))


async def _documented(client: RedisClient, name: str = "") -> tuple[CommandHelp, ...]:
    first = name.partition(" ")[0]
    return read_docs(await client.result("COMMAND", "DOCS", *([first] if first else [])))


async def _page(request: Request[Any, Any], namespace: str, name: str, scope: Scope, shown: Output | None) -> HTTPResponse:
    tabs = await instance_tabs(request, namespace, name)
    response: HTTPResponse = request.app.ctx.templates.render(
        request, "console.html", namespace=namespace, name=name, tabs=tabs, scope=scope, scopes=tuple(Scope), output=shown
    )
    return response


def _scope(text: str) -> Scope:
    try:
        return Scope(text)
    except ValueError:
        return Scope.READ


ROUTES = (
    Route("instance_console", "/instances/<namespace:str>/<name:str>/console", show),
    Route("run_command", "/instances/<namespace:str>/<name:str>/console", run, methods=("POST",)),
    Route("console_commands", "/instances/<namespace:str>/<name:str>/console/commands.json", commands, background=True),
)
