"""`/livez`, `/readyz` and `/metrics` of the operator, for the kubelet and for Prometheus.

Alive means that resyncs succeed, not only that the process answers; ready means that all caches are complete.
"""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web

from kuberedis_core.exposition import CONTENT_TYPE


async def serve(
    host: str,
    port: int,
    *,
    age_seconds: Callable[[], float],
    max_age_seconds: float,
    complete: Callable[[], bool],
    page: Callable[[], bytes],
) -> web.AppRunner:
    """Listen until the runner's `cleanup`.

    Args:
        host: address to listen on.
        port: port to listen on, 0 for a free one.
        age_seconds: seconds since the last successful resync, or since the start.
        max_age_seconds: age from which on the operator is to be restarted.
        complete: whether all caches are complete.
        page: metrics in the text format.

    Raises:
        OSError: the address cannot be listened on.
    """

    async def livez(_request: web.Request) -> web.Response:
        age = age_seconds()
        return web.json_response({"last_resync_age_seconds": round(age, 1)}, status=200 if age <= max_age_seconds else 503)

    async def readyz(_request: web.Request) -> web.Response:
        if complete():
            return web.json_response({"status": "ok"})
        return web.json_response({"status": "waiting for the Kubernetes API: the caches are not complete"}, status=503)

    async def metrics_page(_request: web.Request) -> web.Response:
        return web.Response(body=page(), headers={"Content-Type": CONTENT_TYPE})

    app = web.Application()
    app.add_routes([web.get("/livez", livez), web.get("/readyz", readyz), web.get("/metrics", metrics_page)])
    runner = web.AppRunner(app, access_log=None, handle_signals=False)
    await runner.setup()
    await web.TCPSite(runner, host, port).start()
    return runner
