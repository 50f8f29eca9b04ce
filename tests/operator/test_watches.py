"""A watch delivers every event, however long."""

import asyncio
import json

import aiohttp.web
from kubernetes.aio.client import Configuration

from kuberedis_operator.resources.kinds import SECRET
from kuberedis_operator.runtime.api_client import ApiClient
from kuberedis_operator.runtime.metrics import OperatorMetrics

_EVENTS = [{"type": "MODIFIED", "object": {"data": "a" * size}} for size in (1, 2 * 1024 * 1024, 2)]


async def _serve_events(request: aiohttp.web.Request) -> aiohttp.web.StreamResponse:
    response = aiohttp.web.StreamResponse()
    await response.prepare(request)
    for event in _EVENTS:
        await response.write(json.dumps(event).encode() + b"\n")
    return response


async def _watched() -> list[object]:
    server = aiohttp.web.Application()
    server.router.add_get("/api/v1/secrets", _serve_events)
    runner = aiohttp.web.AppRunner(server)
    await runner.setup()
    await aiohttp.web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    api = ApiClient(Configuration(host=f"http://{host}:{port}"), 1, OperatorMetrics())
    try:
        async with api.watch(SECRET, None, []) as lines:
            return [json.loads(line) async for line in lines]
    finally:
        await api.close()
        await runner.cleanup()


def test_an_event_longer_than_any_buffer_arrives_complete() -> None:
    assert asyncio.run(_watched()) == _EVENTS
