"""The way to instances that one process on this machine serves, as local mode does."""

from __future__ import annotations

from kuberedis_core.crd.names import NamespacedName
from kuberedis_dashboard.gateway.exchange import Exchange
from kuberedis_dashboard.gateway.gateways import Answer, Call, check


class DirectGateways:
    """`Gateways` of local mode.

    Args:
        origin: Where the process listens, such as `http://127.0.0.1:8080`.
    """

    def __init__(self, origin: str) -> None:
        self._origin = origin
        self._exchange = Exchange()

    async def fetch(self, instance: NamespacedName, call: Call, member: int | None = None) -> Answer:
        """See `Gateways.fetch`. Every member is served by the same process."""
        check(instance, call, member)
        return await self._exchange(self._origin, call, "local mode")

    async def close(self) -> None:
        """Close all connections."""
        await self._exchange.close()
