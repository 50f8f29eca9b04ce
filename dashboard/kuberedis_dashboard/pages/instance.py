"""The pages that show one instance: how it is, what happened to it, and its YAML."""

from __future__ import annotations

import asyncio
from typing import Any

from sanic import HTTPResponse, Request

from kuberedis_dashboard.http.route import Route
from kuberedis_dashboard.pages.instance_live import live
from kuberedis_dashboard.pages.instance_recent import ranges, recent
from kuberedis_dashboard.pages.instance_tabs import instance_tabs
from kuberedis_dashboard.views.charts import CHARTS
from kuberedis_dashboard.views.manifests import as_it_is


async def show(request: Request[Any, Any], namespace: str, name: str) -> HTTPResponse:
    """Everything about an instance on one page; its figures follow by themselves."""
    return await _shown(request, namespace, name, "instance.html", charts=CHARTS, ranges=ranges(request))


async def events(request: Request[Any, Any], namespace: str, name: str) -> HTTPResponse:
    """What happened to an instance."""
    return await _shown(request, namespace, name, "instance-events.html")


async def yaml(request: Request[Any, Any], namespace: str, name: str) -> HTTPResponse:
    """An instance as the API server has it."""
    instance = await request.ctx.source.get_instance(namespace, name)
    tabs = await instance_tabs(request, namespace, name)
    response: HTTPResponse = request.app.ctx.templates.render(
        request, "instance-yaml.html", namespace=namespace, name=name, tabs=tabs, text=as_it_is(instance)
    )
    return response


async def _shown(request: Request[Any, Any], namespace: str, name: str, template: str, **view: object) -> HTTPResponse:
    # First, so that nothing else is asked for whom it does not concern.
    instance = await request.ctx.source.get_instance(namespace, name)
    page, tabs = await asyncio.gather(request.ctx.source.read_page(instance), instance_tabs(request, namespace, name))
    response: HTTPResponse = request.app.ctx.templates.render(request, template, page=page, tabs=tabs, **view)
    return response


_PATH = "/instances/<namespace:str>/<name:str>"
ROUTES = (
    Route("instance", _PATH, show),
    Route("instance_live", f"{_PATH}/live", live, background=True, is_stream=True),
    Route("instance_recent", f"{_PATH}/recent.json", recent, background=True),
)
CLUSTER_ROUTES = (
    Route("instance_events", f"{_PATH}/events", events),
    Route("instance_yaml", f"{_PATH}/yaml", yaml),
)
