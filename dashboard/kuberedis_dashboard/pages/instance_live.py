"""The stream of an instance's page: its state when that changes, and its figures every ten seconds.

Its user's right to see the instance is judged anew with each watch, once a minute; figures end with the watch.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from time import time
from typing import Any

from sanic import Request

from kuberedis_core.body import Body
from kuberedis_core.crd.names import NamespacedName, pod_name
from kuberedis_core.recent import STEP_SECONDS
from kuberedis_dashboard.errors import Unavailable
from kuberedis_dashboard.gateway.gateways import Gateways
from kuberedis_dashboard.gateway.last_hour import last_hour, reports
from kuberedis_dashboard.gateway.sidecar_pages import read_figures
from kuberedis_dashboard.http.sse import EventStream, event_stream
from kuberedis_dashboard.live.following import Away
from kuberedis_dashboard.views.charts import document
from kuberedis_dashboard.views.instance_page import refused_settings
from kuberedis_dashboard.views.member import member_now, primary_ordinal, takeovers_seen

# Whoever may change an instance could do so without a pause.
_PAUSE_SECONDS = 0.2


class _Latest:
    """An instance as it was seen last."""

    def __init__(self, instance: Body) -> None:
        self.instance = instance
        self.is_certain = True
        """Whether the API server says that its user may see it; not while there is no answer."""
        self.texts: Mapping[str, Mapping[str, str]] = {}
        """What its members said last."""


async def live(request: Request[Any, Any], namespace: str, name: str) -> None:
    """The stream, until its client goes away or may not see the instance any more."""
    latest = _Latest(await request.ctx.source.get_instance(namespace, name))
    async with event_stream(request) as stream, asyncio.TaskGroup() as tasks:
        tasks.create_task(_send_figures(stream, request.app.ctx.gateways, latest))
        await _send_states(request, stream, latest)


async def _send_states(request: Request[Any, Any], stream: EventStream, latest: _Latest) -> None:
    metadata, sent = latest.instance["metadata"], ""
    async for happening in request.ctx.source.follow_one(metadata["namespace"], metadata["name"]):
        latest.is_certain = not isinstance(happening, Away)
        if isinstance(happening, Away):
            await stream.event("away", {"error": happening.problem.message})
            continue
        latest.instance = happening
        sent = await _send_state(request, stream, latest, sent)
        await asyncio.sleep(_PAUSE_SECONDS)


async def _send_state(request: Request[Any, Any], stream: EventStream, latest: _Latest, before: str) -> str:
    """Send what differs from `before`; returns what the page shows now."""
    page = await request.ctx.source.read_page(latest.instance)
    text: str = request.app.ctx.templates.text("instance-live.html", request, page=page)
    if text != before:
        await stream.html(text)
        await stream.event("figures", latest.texts)
    return text


async def _send_figures(stream: EventStream, gateways: Gateways, latest: _Latest) -> None:
    seen = int(time()) - 2 * STEP_SECONDS
    while True:
        if latest.is_certain:
            seen = await _send_news(stream, gateways, latest, seen)
        await asyncio.sleep(STEP_SECONDS)


async def _send_news(stream: EventStream, gateways: Gateways, latest: _Latest, after: int) -> int:
    """Send the figures after a Unix time; returns that of the last ones."""
    try:
        series = await last_hour(gateways, latest.instance)
        latest.texts = await _texts(gateways, latest.instance)
    except Unavailable as problem:
        await stream.event("recent", {"error": problem.message, "advice": problem.advice})
        return after
    await stream.event("recent", document(series, after))
    await stream.event("figures", latest.texts)
    return series.end


async def _texts(gateways: Gateways, instance: Body) -> dict[str, dict[str, str]]:
    """What the members say at this moment, by the ids of the page's elements."""
    metadata, first = instance["metadata"], primary_ordinal(instance)
    name = NamespacedName(metadata["namespace"], metadata["name"])
    said, figures = await asyncio.gather(reports(gateways, instance), read_figures(gateways, name, first))
    members = {ordinal: member_now(report) for ordinal, report in said.items()}
    return {
        "refused": {"refused": refused_settings(figures.refused_settings, name.namespace, pod_name(name.name, first))},
        "takeovers": {"seen": takeovers_seen(said)},
        **{f"member-{ordinal}": {"role": now.role, "sync": now.sync, "lag": now.lag} for ordinal, now in members.items()},
    }
