"""What is served at `/` where a process lists its instances, as local mode does: their names, which the page of metrics has too."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

import orjson
from sanic import HTTPResponse, Request

from kuberedis_sidecar.http.instance_registry import InstanceRegistry


def index(instances: InstanceRegistry) -> Callable[[Request], Coroutine[Any, Any, HTTPResponse]]:
    """The handler that lists the instances, and where they and this process are described."""

    async def handler(_: Request) -> HTTPResponse:
        paths = {gateway.settings.instance: gateway.settings.base_path for gateway in instances}
        listed = [{"name": name, "url": path, "docs": f"{path}/docs", "openapi": f"{path}/openapi.json"} for name, path in paths.items()]
        content = {"name": "KubeRedis HTTP Gateway", "instances": listed, "health": "/readyz", "metrics": "/metrics"}
        return HTTPResponse(orjson.dumps(content), content_type="application/json")

    return handler
