"""Commands to a real sidecar as the dashboard sends them."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from kuberedis_core.acl_rule import Scope
from kuberedis_core.crd.names import NamespacedName
from kuberedis_core.credentials import InstanceKey
from kuberedis_core.instance_secret import Signing
from kuberedis_dashboard.gateway.exchange import Exchange
from kuberedis_dashboard.gateway.gateways import Answer, Call
from kuberedis_dashboard.gateway.redis_client import RedisClient
from tests.harness.sidecar import Sidecar

T = TypeVar("T")


class OneSidecar:
    """`Gateways` that lead to one sidecar, whatever the instance is called."""

    def __init__(self, sidecar: Sidecar) -> None:
        self._sidecar = sidecar
        self._exchange = Exchange()
        self.calls: list[Call] = []

    async def fetch(self, _: NamespacedName, call: Call, member: int | None = None) -> Answer:
        """See `Gateways.fetch`."""
        assert member is None
        self.calls.append(call)
        return await self._exchange(self._sidecar.origin, call, "the sidecar")

    async def close(self) -> None:
        """See `Gateways.close`."""
        await self._exchange.close()


def with_client(sidecar: Sidecar, work: Callable[[RedisClient], Awaitable[T]], scope: Scope = Scope.READ, key: str = "") -> T:
    """What `work` returns with a client of `scope`, whose tokens are signed with `key` or the sidecar's own."""

    async def main() -> T:
        gateways = OneSidecar(sidecar)
        signing = Signing((InstanceKey(key or sidecar.api_key),))
        instance = NamespacedName("team", sidecar.instance)
        try:
            return await work(RedisClient(gateways, instance, sidecar.base_path, signing, user="alice", scope=scope))
        finally:
            await gateways.close()

    return asyncio.run(main())
