"""The figures of an instance over time, as JSON: the last hour from its sidecars, more from Prometheus if there is one."""

from __future__ import annotations

from collections.abc import Mapping
from time import time
from typing import Any

import orjson
from sanic import HTTPResponse, Request

from kuberedis_dashboard.errors import Invalid
from kuberedis_dashboard.gateway.last_hour import last_hour
from kuberedis_dashboard.http.templates import compressed
from kuberedis_dashboard.views.charts import RANGES, SHORTEST, Range, document


def ranges(request: Request[Any, Any]) -> Mapping[str, Range]:
    """How much of the past can be shown, by name."""
    return RANGES if request.app.ctx.prometheus is not None else {SHORTEST: RANGES[SHORTEST]}


async def recent(request: Request[Any, Any], namespace: str, name: str) -> HTTPResponse:
    """The figures of `?range=`."""
    wanted = request.args.get("range", SHORTEST)
    offered = ranges(request)
    if wanted not in offered:
        raise Invalid("this range is not known", advice=f"Choose one of {', '.join(offered)}; more than an hour needs Prometheus.")
    # Only who may see the instance may see its figures.
    instance = await request.ctx.source.get_instance(namespace, name)
    if wanted == SHORTEST:
        series = await last_hour(request.app.ctx.gateways, instance)
    else:
        series = await request.app.ctx.prometheus.series(instance, offered[wanted], time())
    response = HTTPResponse(orjson.dumps(document(series)), content_type="application/json")
    return compressed(request, response)
