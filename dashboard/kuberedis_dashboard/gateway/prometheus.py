"""Figures of more than an hour, from a Prometheus.

It knows nothing of the rights of users, so it is asked only about an instance that its user has just read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from math import isfinite
from urllib.parse import urlencode

import orjson

from kuberedis_core.body import Body
from kuberedis_core.crd.names import NamespacedName
from kuberedis_core.one_line import one_line
from kuberedis_dashboard.errors import Unavailable
from kuberedis_dashboard.gateway.exchange import Exchange
from kuberedis_dashboard.gateway.gateways import Call
from kuberedis_dashboard.gateway.promql import expressions
from kuberedis_dashboard.views.charts import Range
from kuberedis_dashboard.views.series import Points, Series

_WHO = "Prometheus"
_ADVICE = "The last hour comes from the sidecar; for more, ask whoever runs the cluster about its Prometheus."
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Prometheus:
    """A Prometheus.

    Args:
        url: Its base URL, below which its API is at `/api/v1`.
    """

    def __init__(self, url: str) -> None:
        scheme, _, rest = url.rstrip("/").partition("://")
        host, slash, path = rest.partition("/")
        self._origin, self._path = f"{scheme}://{host}", f"{slash}{path}/api/v1/query_range"
        self._exchange = Exchange()

    async def series(self, instance: Body, shown: Range, now: float) -> Series:
        """The figures of an instance.

        Args:
            instance: The instance as the API server gave it to the user who asks.
            shown: How much of the past is wanted.
            now: Unix time.

        Raises:
            Unavailable: Prometheus does not answer.
            ValueError: It is not an instance.
        """
        metadata = instance["metadata"]
        wanted = expressions(NamespacedName(metadata["namespace"], metadata["name"]), shown.step)
        end = int(now) // shown.step * shown.step
        times = range(end - shown.seconds + shown.step, end + 1, shown.step)
        found = await asyncio.gather(*(self._points(expression, times) for expression in wanted.values()))
        return Series(end=end, step=shown.step, points=dict(zip(wanted, found, strict=True)))

    async def close(self) -> None:
        """Close all connections."""
        await self._exchange.close()

    async def _points(self, expression: str, times: range) -> Points:
        """Source: https://prometheus.io/docs/prometheus/latest/querying/api/#range-queries"""
        form = urlencode({"query": expression, "start": times[0], "end": times[-1], "step": times.step})
        answer = await self._exchange(self._origin, Call(self._path, "POST", _FORM, form.encode()), _WHO)
        try:
            found = _values(orjson.loads(answer.body))
        except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
            problem = one_line(str(error))[:200]
            raise Unavailable(f"the answer of {_WHO} (status {answer.status}) cannot be used: {problem}", _ADVICE) from None
        return tuple(found.get(time) for time in times)


def _values(answer: Mapping[str, object]) -> dict[int, float]:
    """The points of the only series of an answer by their times, without those that are no number."""
    if answer["status"] != "success":
        raise ValueError(str(answer.get("error", "no error given")))
    data = answer["data"]
    result = data["result"] if isinstance(data, dict) else None
    if not isinstance(result, list):
        raise TypeError("not a list of series")
    pairs = result[0]["values"] if result else ()
    return {int(time): number for time, text in pairs if isfinite(number := float(text))}
