"""The list of instances: how each is, what needs attention first.

It shows the whole cluster to who may list that, and everybody else a namespace, which is remembered.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sanic import HTTPResponse, Request

from kuberedis_core.crd.kind import PLURAL
from kuberedis_dashboard.errors import Invalid, NotAllowed
from kuberedis_dashboard.http.route import Route, is_htmx
from kuberedis_dashboard.live.following import Listed
from kuberedis_dashboard.sources.source import Source
from kuberedis_dashboard.views.instance_row import InstanceRow, instance_list, instance_row
from kuberedis_dashboard.views.instance_table import InstanceTable

_NAMESPACE_COOKIE = "__Host-kuberedis-namespace"
_REMEMBERED_SECONDS = 365 * 86400
_NAMESPACE = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_LONGEST_FILTER = 200
_MOST_REVIEWS = 16


@dataclass(frozen=True, slots=True)
class Selection:
    """What of the list is shown.

    Args:
        namespace: the namespace; None for all.
        text: the filter.
        page: number of the page, from 1.
    """

    namespace: str | None
    text: str
    page: int


async def show(request: Request[Any, Any]) -> HTTPResponse:
    """The list, or the question for a namespace."""
    selection = selection_of(request)
    remembered = _namespace(request.cookies.get(_NAMESPACE_COOKIE) or "") or request.app.ctx.setup.namespace
    try:
        listed = await request.ctx.source.list_all(selection.namespace)
    except NotAllowed as refusal:
        if selection.namespace is not None or remembered is None:
            return _ask_for_namespace(request, selection.namespace, refusal)
        selection = replace(selection, namespace=remembered)
        try:
            listed = await request.ctx.source.list_all(remembered)
        except NotAllowed as second:
            return _ask_for_namespace(request, remembered, second)
    template = "instances-part.html" if is_htmx(request) else "instances.html"
    # While somebody filters, the button beside the list stays as it is.
    new_in = None if is_htmx(request) and listed.instances else await where_to_create(request.ctx.source, listed, selection.namespace)
    response: HTTPResponse = request.app.ctx.templates.render(request, template, new_in=new_in, **view(listed, selection))
    if selection.namespace is not None and selection.namespace != remembered:
        response.add_cookie(
            _NAMESPACE_COOKIE, selection.namespace, max_age=_REMEMBERED_SECONDS, path="/", secure=True, httponly=True, samesite="Strict"
        )
    return response


def selection_of(request: Request[Any, Any]) -> Selection:
    """What the address of a request selects.

    Raises:
        Invalid: its namespace cannot be one.
    """
    text, page = request.args.get("q", "")[:_LONGEST_FILTER], request.args.get("page", "1")
    name = request.args.get("namespace", "").strip()
    namespace = _namespace(name)
    if name and namespace is None:
        raise Invalid(f"{name[:_LONGEST_FILTER]!r} is not the name of a namespace", "Write lower-case letters, digits and '-'.")
    return Selection(namespace, text, int(page) if page.isascii() and page.isdigit() and len(page) < 6 else 1)


async def where_to_create(source: Source, listed: Listed, namespace: str | None) -> str | None:
    """Where the user may create instances: a namespace, or empty if it may be any; None if they may in none that is known here.

    Args:
        source: asked whether they may.
        listed: what they see.
        namespace: the namespace that they look at; None for all.
    """
    if await source.may("create", PLURAL, namespace):
        return namespace or ""
    seen = sorted({instance["metadata"]["namespace"] for instance in listed.instances}) if namespace is None else []
    # All at once, so that nobody waits for one after the other.
    rights = await asyncio.gather(*(source.may("create", PLURAL, each) for each in seen[:_MOST_REVIEWS]))
    return next((each for each, may in zip(seen, rights, strict=False) if may), None)


def view(listed: Listed, selection: Selection) -> dict[str, object]:
    """What the templates of the list print."""
    rows = rows_of(listed)
    table = InstanceTable(selection.text, selection.page)
    table.fill(rows)
    shown = instance_list(rows, selection.text, selection.page)
    return {"list": shown, "counts": shown.counts, "is_cut": listed.is_cut, "selection": selection, "seen": table.version}


def rows_of(listed: Listed) -> list[InstanceRow]:
    """The rows of all instances, as they are now."""
    now = datetime.now(UTC)
    return [instance_row(instance, now) for instance in listed.instances]


def _ask_for_namespace(request: Request[Any, Any], namespace: str | None, refusal: NotAllowed) -> HTTPResponse:
    response: HTTPResponse = request.app.ctx.templates.render(
        request, "namespace.html", status=403 if namespace else 200, namespace=namespace, refusal=refusal
    )
    return response


def _namespace(text: str) -> str | None:
    return text if _NAMESPACE.fullmatch(text) else None


ROUTES = (Route("instances", "/", show),)
