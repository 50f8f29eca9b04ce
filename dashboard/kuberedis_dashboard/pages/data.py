"""The data of an instance: its keys in pages, what one holds, and changes of it.

Names and values travel in the bodies of POST requests only, where no log and no history has them. Every form says whether writes are
allowed; while they are not, tokens are signed with which Redis lets one read and nothing else.
"""

from __future__ import annotations

import re
import secrets
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sanic import HTTPResponse, Request
from sanic.exceptions import RequestCancelled

from kuberedis_core.acl_rule import Scope
from kuberedis_core.logging import log
from kuberedis_dashboard.errors import Conflict, DashboardError, Invalid
from kuberedis_dashboard.gateway import keyspace
from kuberedis_dashboard.gateway.redis_client import RedisClient
from kuberedis_dashboard.http.route import Route, is_htmx
from kuberedis_dashboard.pages.form_data import sent_values
from kuberedis_dashboard.pages.instance_tabs import instance_tabs
from kuberedis_dashboard.pages.redis_access import redis_of
from kuberedis_dashboard.redis.form_edits import bytes_of, create, edit_of
from kuberedis_dashboard.redis.keyspace import FIRST, TYPES, Filter, Progress, check_cursor
from kuberedis_dashboard.redis.readable import readable
from kuberedis_dashboard.views.key_list import KeyList, key_list
from kuberedis_dashboard.views.key_view import KeyView, key_view, value_view

Fields = Mapping[str, str]

_LONGEST_PATTERN = 1000
_LARGEST_FORM = 1024 * 1024
"""Bytes; a value that can be edited has 64 KiB, of which each may take nine in a form."""
_UNSAFE_IN_A_FILE_NAME = re.compile(r"[^A-Za-z0-9_-]+")


async def show(request: Request[Any, Any], namespace: str, name: str) -> HTTPResponse:
    """The first keys."""
    client = await redis_of(request, namespace, name)
    return await _page(request, namespace, name, {}, await _keys(client, {}))


async def browse(request: Request[Any, Any], namespace: str, name: str) -> HTTPResponse:
    """The keys that a form asks for, beside the key that is open."""
    fields = _fields(request)
    client = await redis_of(request, namespace, name, _scope(fields))
    keys = await _keys(client, fields)
    if is_htmx(request):
        return _part(request, namespace, name, fields, "data-keys.html", keys=keys)
    key = await _key(client, fields) if fields.get("key") else None
    return await _page(request, namespace, name, fields, keys, key=key)


async def open_key(request: Request[Any, Any], namespace: str, name: str) -> HTTPResponse:
    """A key, or one of its elements."""
    fields = _fields(request)
    client = await redis_of(request, namespace, name, _scope(fields))
    return await _with_key(request, namespace, name, client, fields)


async def change(request: Request[Any, Any], namespace: str, name: str) -> HTTPResponse:
    """A change of a key, and what it holds then; also if somebody else was faster, so that nothing was changed."""
    fields = _fields(request)
    client = await redis_of(request, namespace, name, _scope(fields))
    action = fields.get("change", "")
    try:
        key = fields.get("new_key", "").encode(errors="replace") if action == "create" else bytes_of(fields.get("key", ""))
        edit = create(key, fields.get("type", ""), fields) if action == "create" else edit_of(action, key, fields, secrets.token_bytes(24))
    except ValueError as error:
        raise Invalid(str(error)) from None
    # Beside the key there is what was open of it, and nothing of what the form has changed.
    after = {**fields, "key": b64encode(key).decode(), "type": ""}
    try:
        await keyspace.change(client, edit)
    except Conflict as conflict:
        return await _with_key(request, namespace, name, client, after, problem=conflict, draft=fields.get("value", ""))
    if action == "delete":
        return await _without_key(request, namespace, name, client, {**after, "key": ""})
    return await _with_key(request, namespace, name, client, after, done="Saved.")


async def download(request: Request[Any, Any], namespace: str, name: str) -> None:
    """The string at a key, as a file."""
    fields = _fields(request)
    client = await redis_of(request, namespace, name)
    key = _name(fields, "key")
    length = await keyspace.string_length(client, key)
    file = _UNSAFE_IN_A_FILE_NAME.sub("_", readable(key)).strip("_")[:100] or "value"
    response = await request.respond(
        headers={"Content-Disposition": f'attachment; filename="{file}.bin"', "Content-Length": str(length)},
        content_type="application/octet-stream",
    )
    try:
        async for piece in keyspace.pieces(client, key, length):
            await response.send(piece)
    except DashboardError as problem:
        # It is too late for an error page. The browser sees that the file is shorter than it was to be.
        log.warning("download_ended", error=problem.message)
        raise RequestCancelled from None
    await response.eof()


async def _with_key(
    request: Request[Any, Any], namespace: str, name: str, client: RedisClient, fields: Fields, **view: object
) -> HTTPResponse:
    key = await _key(client, fields)
    if is_htmx(request):
        return _part(request, namespace, name, fields, "data-key.html", key=key, **view)
    return await _page(request, namespace, name, fields, await _keys(client, fields), key=key, **view)


async def _without_key(request: Request[Any, Any], namespace: str, name: str, client: RedisClient, fields: Fields) -> HTTPResponse:
    if is_htmx(request):
        return _part(request, namespace, name, fields, "data-key.html", done="Deleted.")
    return await _page(request, namespace, name, fields, await _keys(client, fields), done="Deleted.")


async def _keys(client: RedisClient, fields: Fields) -> KeyList:
    try:
        kind = fields.get("type", "")
        wanted = Filter(bytes_of(fields.get("prefix", "")), _pattern(fields), kind if kind in TYPES else "")
        progress = Progress(check_cursor(fields.get("cursor") or FIRST))
        looked_at = fields.get("looked_at") or "0"
        progress.looked_at = int(looked_at) if looked_at.isascii() and looked_at.isdecimal() and len(looked_at) < 13 else 0
    except ValueError as error:
        raise Invalid(str(error)) from None
    is_first = progress.cursor == FIRST
    total = await keyspace.count_keys(client)
    await keyspace.find_keys(client, wanted, progress)
    shows_prefixes = is_first and not wanted.pattern and not wanted.type
    found = await keyspace.find_prefixes(client, wanted.prefix) if shows_prefixes else None
    return key_list(wanted, progress, total, found)


async def _key(client: RedisClient, fields: Fields) -> KeyView:
    key, shown_as = _name(fields, "key"), fields.get("as", "")
    stored = await keyspace.read_key(client, key, fields.get("page") or FIRST)
    view = key_view(key, stored, shown_as)
    if not fields.get("element") or stored.type not in ("hash", "list"):
        return view
    element = _name(fields, "element")
    text = await keyspace.read_element(client, key, stored.type, element)
    return replace(view, value=value_view(text, shown_as), element_name=fields["element"], element_label=readable(element))


async def _page(request: Request[Any, Any], namespace: str, name: str, fields: Fields, keys: KeyList, **view: object) -> HTTPResponse:
    tabs = await instance_tabs(request, namespace, name)
    return _part(request, namespace, name, fields, "data.html", tabs=tabs, keys=keys, **view)


def _part(request: Request[Any, Any], namespace: str, name: str, fields: Fields, template: str, **view: object) -> HTTPResponse:
    shown: dict[str, Any] = {"key": None, "done": "", "problem": None, "draft": ""} | view
    status = shown["problem"].status if shown["problem"] else 200
    response: HTTPResponse = request.app.ctx.templates.render(
        request, template, status=status, namespace=namespace, name=name, writes=_scope(fields) is Scope.WRITE, types=TYPES, **shown
    )
    return response


def _fields(request: Request[Any, Any]) -> Fields:
    return sent_values(request, _LARGEST_FORM)


def _scope(fields: Fields) -> Scope:
    return Scope.WRITE if fields.get("writes") == "on" else Scope.READ


def _name(fields: Fields, field: str) -> bytes:
    try:
        return bytes_of(fields.get(field, ""))
    except ValueError as error:
        raise Invalid(str(error)) from None


def _pattern(fields: Fields) -> bytes:
    pattern = fields.get("pattern", "").strip()
    if len(pattern) > _LONGEST_PATTERN:
        raise ValueError(f"a pattern has at most {_LONGEST_PATTERN} characters here")
    # What holds nothing special is more likely meant as a part of a name.
    is_glob = any(letter in pattern for letter in "*?[")
    return (pattern if is_glob or not pattern else f"*{pattern}*").encode(errors="replace")


ROUTES = (
    Route("instance_data", "/instances/<namespace:str>/<name:str>/data", show),
    Route("browse_data", "/instances/<namespace:str>/<name:str>/data", browse, methods=("POST",)),
    Route("open_key", "/instances/<namespace:str>/<name:str>/data/key", open_key, methods=("POST",)),
    Route("change_key", "/instances/<namespace:str>/<name:str>/data/change", change, methods=("POST",)),
    Route("download_key", "/instances/<namespace:str>/<name:str>/data/download", download, methods=("POST",)),
)
