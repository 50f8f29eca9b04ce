"""Asks the members of an instance what they are: `GET /member` at each sidecar.

What answers is checked like any input: its size, its time, its types, and that it is the member that was asked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import aiohttp

from kuberedis_core import member_report
from kuberedis_core.body import Body
from kuberedis_core.crd.ports import SIDECAR_PORT
from kuberedis_core.logging import log
from kuberedis_core.member_report import REPORT_PATH, MemberReport
from kuberedis_operator.runtime.metrics import OperatorMetrics

_TIMEOUT = aiohttp.ClientTimeout(total=1.0)
_LONGEST_REPORT = 64 * 1024
"""Bytes of a report; one of three members has about one thousand."""
_CONNECTIONS = 100


class MemberReports:
    """Reads the reports of members.

    Args:
        metrics: where reports are counted.
        port: where the sidecars listen.
    """

    def __init__(self, metrics: OperatorMetrics, port: int = SIDECAR_PORT) -> None:
        self._metrics = metrics
        self._port = port
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()

    async def read(self, pods: Mapping[str, Body | None]) -> dict[str, MemberReport]:
        """The reports of those members that answer within a second.

        Args:
            pods: the pods of the members, by their names.
        """
        addresses = {name: address for name, pod in pods.items() if pod is not None and (address := _address(pod))}
        reports = await asyncio.gather(*(self._report(name, address) for name, address in addresses.items()))
        for report in reports:
            self._metrics.reports.labels("none" if report is None else "ok").inc()
        return {report.name: report for report in reports if report is not None}

    async def _report(self, name: str, address: str) -> MemberReport | None:
        url = f"http://{f'[{address}]' if ':' in address else address}:{self._port}{REPORT_PATH}"
        try:
            async with self._connections().get(url, timeout=_TIMEOUT, allow_redirects=False) as response:
                if response.status != 200:
                    return None
                content = await response.content.read(_LONGEST_REPORT + 1)
                while not response.content.at_eof() and len(content) <= _LONGEST_REPORT:
                    content += await response.content.read(_LONGEST_REPORT + 1 - len(content))
            if len(content) > _LONGEST_REPORT:
                raise ValueError(f"longer than {_LONGEST_REPORT} bytes")
            report = member_report.load(content)
        except (aiohttp.ClientError, TimeoutError, OSError):
            return None
        except ValueError as error:
            log.info("report_not_read", member=name, error=str(error))
            return None
        return report if report.name == name else None

    def _connections(self) -> aiohttp.ClientSession:
        # Made here, because a session belongs to the loop that runs.
        if self._session is None:
            connector = aiohttp.TCPConnector(limit=_CONNECTIONS)
            self._session = aiohttp.ClientSession(connector=connector, trust_env=False, cookie_jar=aiohttp.DummyCookieJar())
        return self._session


def _address(pod: Body) -> str:
    """Where the pod answers; empty if it has no address any more or yet."""
    status = pod.get("status", {})
    return str(status.get("podIP", "")) if status.get("phase") == "Running" else ""
