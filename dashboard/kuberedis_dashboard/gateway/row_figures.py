"""The figures of the rows of a list, from the sidecars: those of the instances that their user may list, and of no others."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable, Sequence

from kuberedis_core.crd.names import NamespacedName
from kuberedis_dashboard.errors import DashboardError
from kuberedis_dashboard.gateway.gateways import Gateways
from kuberedis_dashboard.gateway.sidecar_pages import read_recent
from kuberedis_dashboard.views.instance_row import InstanceRow
from kuberedis_dashboard.views.row_figures import Figure, row_figures

_AT_ONCE = 16
# Those that do not answer at once keep nobody else waiting.
_PART_SECONDS = 1.0


class RowFigures:
    """The figures of the rows of one open list.

    Args:
        gateways: the way to the sidecars.
        most: how many rows have figures, the first ones; None for all. Each may cost a process on somebody's own machine.
    """

    def __init__(self, gateways: Gateways, most: int | None) -> None:
        self._gateways = gateways
        self._most = most
        self._members: dict[str, tuple[NamespacedName, int]] = {}
        self._slots = asyncio.Semaphore(_AT_ONCE)

    def know(self, rows: Iterable[InstanceRow]) -> None:
        """Instances that the user may list, and which member of each speaks for it."""
        for row in rows:
            self._members[row.id] = (NamespacedName(row.namespace, row.name), row.first_member)

    def forget(self, key: str) -> None:
        """The instance with this row id is gone."""
        self._members.pop(key, None)

    async def read(self, shown: Sequence[str]) -> AsyncGenerator[dict[str, dict[str, Figure]], None]:
        """The figures of rows, by their ids; without those whose sidecar does not answer, and those that answer late in a later part.

        Args:
            shown: ids of the rows of the page, in order.
        """
        waiting = {asyncio.create_task(self._figures(key)) for key in shown[: self._most] if key in self._members}
        try:
            while waiting:
                done, waiting = await asyncio.wait(waiting, timeout=_PART_SECONDS)
                if found := {key: figures for key, figures in (task.result() for task in done) if figures}:
                    yield found
        finally:
            for task in waiting:
                task.cancel()

    async def _figures(self, key: str) -> tuple[str, dict[str, Figure]]:
        async with self._slots:
            try:
                return key, row_figures(await read_recent(self._gateways, *self._members[key]))
            except DashboardError:
                # The row says how the instance is.
                return key, {}
