"""What a process is asked about itself, outside the paths of instances: health, metrics, the last hour, and the report of a member."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from kuberedis_core import member_report, recent
from kuberedis_core.exposition import CONTENT_TYPE
from kuberedis_core.member_report import REPORT_PATH
from kuberedis_core.recent import RECENT_PATH
from kuberedis_sidecar.api.error_responses import error
from kuberedis_sidecar.api.model import Response
from kuberedis_sidecar.http.instance_registry import InstanceRegistry, speaker
from kuberedis_sidecar.telemetry import metrics
from kuberedis_sidecar.workers.board import Board


class Health:
    """Answers for a process, or for all workers of a sidecar.

    Args:
        instances: The instances that it serves.
        board: What the workers tell each other; None for one process.

    Attributes:
        draining: It shuts down.
    """

    def __init__(self, instances: InstanceRegistry, board: Board | None) -> None:
        self._instances = instances
        self._board = board
        self.draining = False

    def handlers(self) -> dict[str, Callable[[Any], Awaitable[Response]]]:
        """Who answers, by path; each takes the arguments of the query."""
        return {
            "/livez": self._livez,
            "/readyz": self._readyz,
            "/metrics": self._metrics,
            RECENT_PATH: self._recent,
            REPORT_PATH: self._member,
        }

    async def _livez(self, _: Any) -> Response:
        for gateway in self._instances:
            if (worker := gateway.status.hanging_worker()) is not None:
                return error(503, f"worker {worker} hangs")
        return Response(200, b'{"status":"ok"}')

    async def _readyz(self, _: Any) -> Response:
        if self.draining:
            return error(503, "shutting down")
        reasons = await asyncio.gather(*(gateway.status.not_ready_reason() for gateway in self._instances))
        problems = {gateway.settings.instance: reason for gateway, reason in zip(self._instances, reasons, strict=True) if reason}
        if problems:
            return error(503, "; ".join(f"{name}: {reason}" for name, reason in problems.items()))
        return Response(200, b'{"status":"ready"}')

    async def _metrics(self, _: Any) -> Response:
        snapshots = await asyncio.gather(*(gateway.status.snapshot() for gateway in self._instances))
        return Response(200, metrics.render(snapshots, self._board), CONTENT_TYPE)

    async def _recent(self, args: Any) -> Response:
        name = args.get("name")
        gateways = [gateway for gateway in self._instances if name in (None, gateway.settings.instance)]
        if not gateways:
            return error(404, "there is no instance of this name")
        if len({gateway.settings.instance for gateway in gateways}) > 1:
            return error(400, f"this process serves several instances; name one, as in {RECENT_PATH}?name=my-cache")
        return Response(200, recent.dump(speaker(gateways, args.get("member")).status.recent()))

    async def _member(self, args: Any) -> Response:
        reports = [report for gateway in self._instances if (report := gateway.status.report()) is not None]
        reports = [report for report in reports if args.get("member") in (None, report.name)]
        if len(reports) != 1:
            return error(404, "this process is not one of several members")
        return Response(200, member_report.dump(reports[0]))
