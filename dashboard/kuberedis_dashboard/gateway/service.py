"""The way to sidecars from inside the cluster: by the names that the operator gives to their Services."""

from __future__ import annotations

from kuberedis_core.crd.names import NamespacedName, headless_service_name, http_service_name, pod_name
from kuberedis_core.crd.ports import SERVICE_PORT, SIDECAR_PORT
from kuberedis_dashboard.gateway.exchange import Exchange
from kuberedis_dashboard.gateway.gateways import Answer, Call, check


def origin(instance: NamespacedName, member: int | None) -> str:
    """Where the sidecar of a member answers, ready or not; without a member, any that serves.

    Source: https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/
    """
    if member is None:
        return f"http://{http_service_name(instance.name)}.{instance.namespace}.svc:{SERVICE_PORT}"
    service = f"{headless_service_name(instance.name)}.{instance.namespace}.svc"
    return f"http://{pod_name(instance.name, member)}.{service}:{SIDECAR_PORT}"


class ServiceGateways:
    """`Gateways` of a dashboard that runs in the cluster."""

    def __init__(self) -> None:
        self._exchange = Exchange()

    async def fetch(self, instance: NamespacedName, call: Call, member: int | None = None) -> Answer:
        """See `Gateways.fetch`."""
        check(instance, call, member)
        return await self._exchange(origin(instance, member), call, f"the sidecar of {'/'.join(instance)}")

    async def close(self) -> None:
        """Close all connections."""
        await self._exchange.close()
