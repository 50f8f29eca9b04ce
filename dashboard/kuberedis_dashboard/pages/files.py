"""Scripts and styles, and the probe of the kubelet."""

from __future__ import annotations

from typing import Any

from sanic import HTTPResponse, Request
from sanic.response import text

from kuberedis_dashboard.errors import NotFound
from kuberedis_dashboard.http.assets import CACHE_CONTROL, Assets
from kuberedis_dashboard.http.route import Access, Route
from kuberedis_dashboard.http.templates import accepts_gzip


async def serve_asset(request: Request[Any, Any], path: str) -> HTTPResponse:
    """A script or style."""
    assets: Assets = request.app.ctx.assets
    asset = assets.find(path)
    if asset is None:
        raise NotFound("there is no such file; it may be of another version of the dashboard")
    headers = {"Cache-Control": CACHE_CONTROL, "Vary": "Accept-Encoding"}
    if accepts_gzip(request):
        return HTTPResponse(asset.compressed, headers={**headers, "Content-Encoding": "gzip"}, content_type=asset.content_type)
    return HTTPResponse(asset.content, headers=headers, content_type=asset.content_type)


async def serve_health(_: Request[Any, Any]) -> HTTPResponse:
    """Whether the process answers."""
    return text("ok\n")


ROUTES = (
    Route("asset", "/assets/<path:path>", serve_asset, access=Access.PUBLIC),
    Route("health", "/healthz", serve_health, access=Access.PROBE),
)
