"""The list of instances: how each is, what needs attention first.

It shows the whole cluster to who may list that, and everybody else a namespace, which is remembered.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sanic import HTTPResponse, Request

from kuberedis_core.body import Body
from kuberedis_dashboard.errors import Expired, Invalid, NotAllowed
from kuberedis_dashboard.http.route import Route
from kuberedis_dashboard.kube.client import KubeClient
from kuberedis_dashboard.views.instance_row import InstanceList, InstanceRow, instance_list, instance_row

MOST_INSTANCES = 5_000
"""Beyond so many, a page shows only what comes first in the order of the API server, and says so."""

_NAMESPACE_COOKIE = "__Host-kuberedis-namespace"
_REMEMBERED_SECONDS = 365 * 86400
_NAMESPACE = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_PART = 500


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


@dataclass(frozen=True, slots=True)
class Listing:
    """What the API server has.

    Args:
        rows: the instances.
        resource_version: from which a watch continues.
        is_cut: whether there are more than were read.
    """

    rows: list[InstanceRow]
    resource_version: str
    is_cut: bool


async def show(request: Request[Any, Any]) -> HTTPResponse:
    """The list, or the question for a namespace."""
    selection = selection_of(request)
    remembered = _namespace(request.cookies.get(_NAMESPACE_COOKIE) or "")
    try:
        listing = await read(request.ctx.kube, selection.namespace)
    except NotAllowed as refusal:
        if "namespace" in request.args or remembered is None:
            return _ask_for_namespace(request, selection.namespace, refusal)
        selection = Selection(remembered, selection.text, selection.page)
        try:
            listing = await read(request.ctx.kube, remembered)
        except NotAllowed as second:
            return _ask_for_namespace(request, remembered, second)
    response: HTTPResponse = request.app.ctx.templates.render(
        request, "instances.html", listing=listing, list=shown(listing, selection), selection=selection
    )
    if selection.namespace is not None and selection.namespace != remembered:
        _remember(response, selection.namespace)
    return response


def selection_of(request: Request[Any, Any]) -> Selection:
    """What the address of a request selects.

    Raises:
        Invalid: its namespace cannot be one.
    """
    text, page = request.args.get("q", "")[:200], request.args.get("page", "1")
    name = request.args.get("namespace", "").strip()
    namespace = _namespace(name)
    if name and namespace is None:
        raise Invalid(f"{name!r} is not the name of a namespace", advice="Write lower-case letters, digits and '-'.")
    return Selection(namespace, text, int(page) if page.isascii() and page.isdigit() and len(page) < 6 else 1)


async def read(kube: KubeClient, namespace: str | None) -> Listing:
    """All instances of a namespace or of the cluster, up to `MOST_INSTANCES`.

    Raises:
        NotAllowed: the user may not list them.
    """
    now = datetime.now(UTC)
    rows: list[InstanceRow] = []
    version, is_cut = "", False
    async for items, resource_version, has_more in _parts(kube, namespace):
        rows += (instance_row(item, now) for item in items)
        version, is_cut = resource_version, has_more
        if len(rows) >= MOST_INSTANCES:
            break
    return Listing(rows, version, is_cut)


def shown(listing: Listing, selection: Selection) -> InstanceList:
    """The page of the list that is selected."""
    return instance_list(listing.rows, selection.text, selection.page, with_namespace=selection.namespace is None)


async def _parts(kube: KubeClient, namespace: str | None) -> AsyncIterator[tuple[list[Body], str, bool]]:
    continue_ = ""
    while True:
        try:
            page = await kube.list_instances(namespace, _PART, continue_)
        except Expired:
            # The list took longer than the API server keeps its state; what was read is shown, and the stream reads it anew.
            return
        yield page.items, page.resource_version, bool(page.continue_)
        continue_ = page.continue_
        if not continue_:
            return


def _ask_for_namespace(request: Request[Any, Any], namespace: str | None, refusal: NotAllowed) -> HTTPResponse:
    response: HTTPResponse = request.app.ctx.templates.render(
        request, "namespace.html", status=403 if namespace else 200, namespace=namespace, refusal=refusal
    )
    return response


def _remember(response: HTTPResponse, namespace: str) -> None:
    response.add_cookie(_NAMESPACE_COOKIE, namespace, max_age=_REMEMBERED_SECONDS, path="/", secure=True, httponly=True, samesite="Strict")


def _namespace(text: str) -> str | None:
    return text if _NAMESPACE.fullmatch(text) else None


ROUTES = (Route("instances", "/", show),)
