"""The way to sidecars from a laptop: `kubectl port-forward`, one child process for each sidecar that is asked at the moment.

kubectl does it because it carries many connections over one, and reaches every cluster that the user's kubectl reaches.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from kuberedis_core.crd.names import NamespacedName, http_service_name, pod_name
from kuberedis_core.crd.ports import SERVICE_PORT, SIDECAR_PORT
from kuberedis_dashboard.errors import Unavailable
from kuberedis_dashboard.gateway.exchange import Exchange
from kuberedis_dashboard.gateway.gateways import Answer, Call, check
from kuberedis_dashboard.gateway.port_forward import PortForward

MOST_FORWARDS = 8
IDLE_SECONDS = 60.0
"""How long a forward is kept that nobody uses."""

Target = tuple[str, str, int]
"""Namespace, what is forwarded to (such as `pod/my-cache-0`), and its port."""
Command = Callable[[str, str, int], Sequence[str]]
"""Makes the command line of `kubectl port-forward` for a target: on a free port of 127.0.0.1, and tied to this process."""


def target(instance: NamespacedName, member: int | None) -> Target:
    """What leads to the sidecar of a member; without a member, to one that serves."""
    if member is None:
        return instance.namespace, f"service/{http_service_name(instance.name)}", SERVICE_PORT
    return instance.namespace, f"pod/{pod_name(instance.name, member)}", SIDECAR_PORT


class ForwardedGateways:
    """`Gateways` of a dashboard that runs on its user's machine.

    At most `MOST_FORWARDS` children run at once: a further one takes the place of that which is idle for longest, and waits while none is.

    Args:
        command: Makes the command line of a forward.
        idle_seconds: How long one is kept that nobody uses.
    """

    def __init__(self, command: Command, idle_seconds: float = IDLE_SECONDS) -> None:
        self._command = command
        self._idle_seconds = idle_seconds
        self._exchange = Exchange()
        # In the order of their last use.
        self._forwards: dict[Target, PortForward] = {}
        self._changed = asyncio.Condition()

    async def fetch(self, instance: NamespacedName, call: Call, member: int | None = None) -> Answer:
        """See `Gateways.fetch`."""
        check(instance, call, member)
        async with self._forward(target(instance, member)) as forward:
            port = await forward.port()
            try:
                return await self._exchange(f"http://127.0.0.1:{port}", call, f"the sidecar of {'/'.join(instance)}")
            except Unavailable:
                # kubectl goes on listening when its pod is gone; the next request begins with a new one.
                forward.end()
                raise

    async def close(self) -> None:
        """End all children, and wait until they have."""
        await self._exchange.close()
        async with self._changed:
            forwards, self._forwards = list(self._forwards.values()), {}
        for forward in forwards:
            forward.end()
        await asyncio.gather(*(forward.ended() for forward in forwards))

    @asynccontextmanager
    async def _forward(self, wanted: Target) -> AsyncIterator[PortForward]:
        forward = await self._take(wanted)
        try:
            yield forward
        finally:
            forward.users -= 1
            forward.uses += 1
            asyncio.get_running_loop().call_later(self._idle_seconds, _end_if_idle, forward, forward.uses)
            async with self._changed:
                self._changed.notify_all()

    async def _take(self, wanted: Target) -> PortForward:
        async with self._changed:
            while (forward := self._existing(wanted)) is None:
                if len(self._forwards) < MOST_FORWARDS or self._make_room():
                    forward = PortForward(self._command(*wanted))
                    break
                await self._changed.wait()
            forward.users += 1
            self._forwards[wanted] = forward
            return forward

    def _existing(self, wanted: Target) -> PortForward | None:
        self._forwards = {key: forward for key, forward in self._forwards.items() if not forward.is_ending or forward.users}
        forward = self._forwards.get(wanted)
        if forward is None or forward.is_ending:
            return None
        return self._forwards.pop(wanted)

    def _make_room(self) -> bool:
        for key, forward in self._forwards.items():
            if not forward.users:
                forward.end()
                del self._forwards[key]
                return True
        return False


def _end_if_idle(forward: PortForward, uses: int) -> None:
    if forward.uses == uses and not forward.users:
        forward.end()
