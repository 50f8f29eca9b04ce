"""Requests in flight are paid for, but for few."""

import asyncio
from pathlib import Path

import httpx

from kuberedis_sidecar.gateway.gateway import Gateway
from kuberedis_sidecar.server import Server
from kuberedis_sidecar.settings import Settings
from tests.harness.redis_server import RedisServer
from tests.harness.sidecar import make_auth_dir, sidecar_environ
from tests.harness.waiting import until

REQUESTS = 40
BODY = b"x" * 40_000
MOST_UNPAID_BYTES = 2**19


def test_few_are_not_paid_for_and_in_the_end_all_is_given_back(own_redis_server: RedisServer, tmp_path: Path) -> None:
    settings = Settings.from_environ(sidecar_environ(own_redis_server, make_auth_dir(tmp_path), {}))
    key = (tmp_path / "api_key").read_text()

    async def whole() -> None:
        server = Server()
        [gateway] = await server.add(settings)
        await server.start()
        base_url = f"http://127.0.0.1:{server.port}{settings.base_path}"
        headers = {"Authorization": f"Bearer {key}"}
        async with httpx.AsyncClient(base_url=base_url, headers=headers, timeout=20, trust_env=False) as http:
            await store(http)
            own_redis_server.stop_signal()
            try:
                stored = asyncio.create_task(store(http))
                await until(lambda: gateway.executor.requests == REQUESTS, what="requests in flight")
                assert MOST_UNPAID_BYTES - 2 * len(BODY) < gateway.unpaid_bytes <= MOST_UNPAID_BYTES
                assert gateway.memory.used > (REQUESTS - MOST_UNPAID_BYTES // len(BODY)) * len(BODY)
                await refused_gives_back(http, gateway)
            finally:
                own_redis_server.continue_signal()
            await stored
            await refused_gives_back(http, gateway)
        assert nothing_is_held(gateway)
        await server.drain(1)

    asyncio.run(whole())


async def store(http: httpx.AsyncClient) -> None:
    responses = await asyncio.gather(*(http.post(f"/set/{number}", content=BODY) for number in range(REQUESTS)))
    assert {response.status_code for response in responses} == {200}


async def refused_gives_back(http: httpx.AsyncClient, gateway: Gateway) -> None:
    """A request with an argument that cannot be sent, which is found out once it is charged, or is known to be one of few."""
    held = gateway.unpaid_bytes, gateway.memory.used
    refused = await http.post("/pipeline", json=[["GET", {BODY.decode(): 1}]])
    assert "unsupported arg type" in refused.text
    assert (gateway.unpaid_bytes, gateway.memory.used) == held


def nothing_is_held(gateway: Gateway) -> bool:
    return (gateway.executor.requests, gateway.unpaid_bytes, gateway.memory.used) == (0, 0, 0)
