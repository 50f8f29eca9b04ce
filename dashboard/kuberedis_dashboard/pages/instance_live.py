"""The stream of an instance's page: its state when that changes, and its figures every ten seconds.

Its user's right to see the instance is judged anew with each watch, once a minute; figures end with the watch.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
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
from kuberedis_dashboard.views.member import in_sync_now, member_count, member_now, primary_ordinal, takeovers_seen

# Whoever may change an instance could do so without a pause.
_PAUSE_SECONDS = 0.2
_FIGURES_PAUSE_SECONDS = 1.0


async def live(request: Request[Any, Any], namespace: str, name: str) -> None:
    """The stream, until its client goes away or may not see the instance any more."""
    instance = await request.ctx.source.get_instance(namespace, name)
    async with event_stream(request) as stream, asyncio.TaskGroup() as tasks:
        page = _LivePage(request, stream, instance)
        tasks.create_task(page.send_figures())
        await page.send_states()


class _LivePage:
    """One open page."""

    def __init__(self, request: Request[Any, Any], stream: EventStream, instance: Body) -> None:
        self._request = request
        self._stream = stream
        self._gateways: Gateways = request.app.ctx.gateways
        # As it was seen last.
        self._instance = instance
        # Whether the API server says that its user may see it; not while there is no answer.
        self._is_certain = True
        # What its members said last.
        self._texts: Mapping[str, Mapping[str, str]] = {}
        self._shown = ""
        self._showing = asyncio.Lock()
        self._changed = asyncio.Event()

    async def send_states(self) -> None:
        """Send each state, for ever."""
        metadata = self._instance["metadata"]
        async for happening in self._request.ctx.source.follow_one(metadata["namespace"], metadata["name"]):
            self._is_certain = not isinstance(happening, Away)
            if isinstance(happening, Away):
                await self._stream.event("away", {"error": happening.problem.message})
                continue
            is_changed, self._instance = happening != self._instance, happening
            await self._show()
            if is_changed:
                self._changed.set()
            await asyncio.sleep(_PAUSE_SECONDS)

    async def send_figures(self) -> None:
        """Send the figures every ten seconds, and at once after a change, for ever."""
        seen, was_changed = int(time()) - 2 * STEP_SECONDS, False
        while True:
            is_changed = self._changed.is_set()
            self._changed.clear()
            if self._is_certain:
                seen = await self._send_news(seen)
                if was_changed:
                    # Events are written after that which they are about.
                    await self._show()
            was_changed = is_changed
            await asyncio.sleep(_FIGURES_PAUSE_SECONDS)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), STEP_SECONDS - _FIGURES_PAUSE_SECONDS)

    async def _show(self) -> None:
        """Send the state, unless the page shows it already."""
        async with self._showing:
            page = await self._request.ctx.source.read_page(self._instance)
            text: str = self._request.app.ctx.templates.text("instance-live.html", self._request, page=page)
            if text == self._shown:
                return
            self._shown = text
            await self._stream.html(text)
            await self._stream.event("figures", self._texts)

    async def _send_news(self, after: int) -> int:
        """Send the figures after a Unix time; returns that of the last ones."""
        instance = self._instance
        try:
            series = await last_hour(self._gateways, instance)
            self._texts = await _texts(self._gateways, instance)
        except Unavailable as problem:
            await self._stream.event("recent", {"error": problem.message, "advice": problem.advice})
            return after
        await self._stream.event("recent", document(series, after))
        await self._stream.event("figures", self._texts)
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
        **({"facts": {"in_sync": in_sync_now(said, member_count(instance))}} if said else {}),
        **{f"member-{ordinal}": {"role": now.role, "sync": now.sync, "lag": now.lag} for ordinal, now in members.items()},
    }
