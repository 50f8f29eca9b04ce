"""The stream that keeps an open list of instances up to date.

It begins with everything that the page shows, unless the page has it already. Then HTML is sent only when an instance changes, and figures
as one JSON event for all rows.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any

from sanic import Request

from kuberedis_dashboard.gateway.row_figures import RowFigures
from kuberedis_dashboard.http.route import Route
from kuberedis_dashboard.http.sse import EventStream, event_stream
from kuberedis_dashboard.http.templates import Templates
from kuberedis_dashboard.live.following import Away, Changed, Listed
from kuberedis_dashboard.pages.instances import Selection, rows_of, selection_of, view, where_to_create
from kuberedis_dashboard.views.instance_row import InstanceRow, instance_row, row_id
from kuberedis_dashboard.views.instance_table import InstanceTable

FIGURES_SECONDS = 10.0
ROWS_A_SECOND = 5
"""How many sidecars an open page asks for their figures, so that a long one asks less often."""


async def stream(request: Request[Any, Any]) -> None:
    """The stream of a list."""
    selection = selection_of(request)
    async with event_stream(request) as events, asyncio.TaskGroup() as tasks:
        live = _LiveList(request, events, selection)
        tasks.create_task(live.send_figures())
        await live.send_changes()


class _LiveList:
    """One open list."""

    def __init__(self, request: Request[Any, Any], events: EventStream, selection: Selection) -> None:
        self._request = request
        self._templates: Templates = request.app.ctx.templates
        self._events = events
        self._selection = selection
        self._table = InstanceTable(selection.text, selection.page)
        self._figures = RowFigures(request.app.ctx.gateways, request.app.ctx.setup.most_figures)
        self._listed = asyncio.Event()
        # What the page has: its own, or after a reconnect that of the last message.
        self._seen: str = request.headers.get("last-event-id") or request.args.get("seen", "")

    async def send_changes(self) -> None:
        """Follow the instances, for ever."""
        async for happening in self._request.ctx.source.follow(self._selection.namespace):
            if isinstance(happening, Listed):
                await self._send_everything(happening)
            elif isinstance(happening, Away):
                await self._events.event("away", {"error": happening.problem.message})
            else:
                await self._send_change(happening)
            # It has all instances, and the next one may be hours away.
            del happening

    async def send_figures(self) -> None:
        """Send the figures of the rows, for ever."""
        await self._listed.wait()
        while True:
            shown = self._table.shown
            async with aclosing(self._figures.read(shown)) as parts:
                async for part in parts:
                    await self._events.event("figures", part)
            await asyncio.sleep(max(FIGURES_SECONDS, len(shown) / ROWS_A_SECOND))

    async def _send_everything(self, listed: Listed) -> None:
        rows = rows_of(listed)
        self._table.fill(rows)
        self._figures.know(rows)
        self._listed.set()
        if self._seen == self._table.version:
            await self._events.event("live", {})
            return
        new_in = None if listed.instances else await where_to_create(self._request.ctx.source, listed, self._selection.namespace)
        text = self._text("instances-everything.html", new_in=new_in, **view(listed, self._selection))
        await self._events.html(text, self._note_version())

    async def _send_change(self, changed: Changed) -> None:
        metadata = changed.instance["metadata"]
        if changed.is_gone:
            key = row_id(metadata["namespace"], metadata["name"])
            self._figures.forget(key)
            update, row = self._table.remove(key), None
        else:
            row = instance_row(changed.instance, datetime.now(UTC))
            self._figures.know([row])
            update = self._table.change(row)
        if update.is_incomplete:
            await self._send_everything(await self._request.ctx.source.list_all(self._selection.namespace))
        elif update.row is not None or update.counts is not None:
            await self._events.html(self._text("instances-change.html", update=update, **self._common(row)), self._note_version())
        if update.order is not None:
            await self._events.event("rows", {"id": "rows", "order": update.order}, self._note_version())

    def _common(self, row: InstanceRow | None) -> dict[str, object]:
        return {"row": row, "selection": self._selection, "is_cut": False}

    def _note_version(self) -> str:
        self._seen = self._table.version
        return self._seen

    def _text(self, name: str, **shown: object) -> str:
        return self._templates.text(name, self._request, **shown)


ROUTES = (Route("instances_live", "/live", stream, background=True, is_stream=True),)
