"""One running instance: its server, kept alive, behind its path of the gateway."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from redis.backoff import ExponentialBackoff

from kuberedis_cli.local.events import Changed, Down, Event, Ready, Recovered
from kuberedis_cli.local.valkey import Valkey, ValkeyError
from kuberedis_core.crd.redis_config import live_settings
from kuberedis_core.crd.spec import InstanceSpec
from kuberedis_sidecar.server import Server
from kuberedis_sidecar.settings import Settings

LONGEST_PAUSE_SECONDS = 10.0
STEADY_SECONDS = 30.0
"""A server that lived this long starts its row of failures anew."""

State = Literal["starting", "ready", "down"]


@dataclass(frozen=True)
class Status:
    """A line of the status table; sizes in bytes, None where the server does not answer."""

    instance: str
    url: str
    state: State
    memory: int | None
    maxmemory: int
    keys: int | None


@dataclass(frozen=True)
class Access:
    """How the instance is reached: through which path of the gateway, at which URL, with which key."""

    settings: Settings
    url: str
    api_key: str


class Instance:
    """An instance from `start` until `stop`; `emit` is told what happens to it in between."""

    def __init__(
        self, name: str, spec: InstanceSpec, valkey: Valkey, gateway: Server, access: Access, emit: Callable[[Event], None]
    ) -> None:
        self._name = name
        self._spec = spec
        self._valkey = valkey
        self._gateway = gateway
        self._access = access
        self._emit = emit
        self._state: State = "starting"
        self._keeper: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start serving, and give when the first request would succeed.

        Raises ValkeyError when the server does not start; `stop` cleans up then, too.
        """
        await self._valkey.start(self._spec)
        await self._valkey.configure(self._spec)
        await self._gateway.add(self._access.settings)
        self._state = "ready"
        self._emit(Ready(self._name, self._access.url, self._access.api_key))
        self._keeper = asyncio.create_task(self._keep_alive())

    async def follow(self, spec: InstanceSpec) -> None:
        """Bring the running server to a changed manifest. Raises ValkeyError when it refuses."""
        before, self._spec = self._spec, spec
        if live_settings(before) == live_settings(spec):
            return
        if self._state == "ready":
            await self._valkey.configure(spec)
        self._emit(Changed(self._name, spec.maxmemory, spec.eviction_policy, spec.persistence))

    async def stop(self) -> None:
        """End the path first, so that it answers until then, and the server after it."""
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.wait({self._keeper})
            await self._gateway.remove(self._access.settings.base_path)
        await self._valkey.stop()

    async def status(self) -> Status:
        usage = await self._valkey.usage() if self._state == "ready" else None
        memory, keys = (usage.memory, usage.keys) if usage else (None, None)
        return Status(self._name, self._access.url, self._state, memory, self._spec.maxmemory, keys)

    async def _keep_alive(self) -> None:
        backoff = ExponentialBackoff(cap=LONGEST_PAUSE_SECONDS, base=0.1)
        failures = 0
        while True:
            began = time.monotonic()
            message = await self._valkey.ended()
            self._state = "down"
            failures = 0 if time.monotonic() - began > STEADY_SECONDS else failures + 1
            pause = backoff.compute(failures)
            self._emit(Down(self._name, message, pause))
            await asyncio.sleep(pause)
            with suppress(ValkeyError):  # the next turn tells how it ended
                await self._restart()

    async def _restart(self) -> None:
        await self._valkey.start(self._spec)
        self._state = "ready"
        await self._valkey.configure(self._spec)  # also for a manifest that changed while it started
        self._emit(Recovered(self._name))
