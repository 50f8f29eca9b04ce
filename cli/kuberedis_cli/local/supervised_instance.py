"""One running instance: its server, kept alive, behind its path of the gateway."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from kuberedis_cli.errors import RedisServerError
from kuberedis_cli.local.events import Changed, Down, Event, Ready, Recovered
from kuberedis_cli.local.redis_server import RedisServer, Refusals
from kuberedis_core.backoff import backoff_seconds
from kuberedis_core.crd.redis_config import live_settings, start_only_settings
from kuberedis_core.crd.spec import InstanceSpec
from kuberedis_sidecar.server import Server
from kuberedis_sidecar.settings import Settings

FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 10.0
STEADY_SECONDS = 30.0
"""After a server lived this long, its next failure counts as the first."""

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
    """How the instance is reached.

    Args:
        url: Base of its API.
        api_key: Its key.
        settings: Settings of its sidecar, as they follow from a spec.
    """

    url: str
    api_key: str
    settings: Callable[[InstanceSpec], Settings]


class SupervisedInstance:
    """An instance from `start` until `stop`.

    Args:
        name: Name of the instance.
        spec: Its spec at the start.
        redis: Its server.
        gateway: Gateway that serves it.
        access: How it is reached.
        emit: Called with each event in between.
    """

    def __init__(
        self, name: str, spec: InstanceSpec, redis: RedisServer, gateway: Server, access: Access, emit: Callable[[Event], None]
    ) -> None:
        self._name = name
        self._spec = spec
        self._redis = redis
        self._gateway = gateway
        self._access = access
        self._emit = emit
        self._settings = access.settings(spec)
        self._state: State = "starting"
        self._refused: Refusals = {}
        self._keeper: asyncio.Task[None] | None = None

    @property
    def problems(self) -> list[str]:
        """What the server refuses of the spec, each on one line; it runs without."""
        return [f"instance {self._name}: spec.config: the server refuses {name}: {why}" for name, why in self._refused.items()]

    @property
    def max_token_seconds(self) -> int | None:
        """The longest that a token may be valid; None for any time."""
        return self._settings.max_token_seconds

    async def start(self) -> None:
        """Start serving; when this returns, the first request would succeed.

        Raises:
            RedisServerError: The server does not start; `stop` cleans up then, too.
        """
        self._refused = await self._redis.start(self._spec)
        await self._gateway.add(self._settings)
        self._state = "ready"
        self._emit(Ready(self._name, self._access.url, self._access.api_key))
        self._keeper = asyncio.create_task(self._keep_alive())

    async def follow(self, spec: InstanceSpec) -> None:
        """Apply a changed manifest. A setting that only a start applies restarts the server; changed limits end open streams.

        Raises:
            RedisServerError: The server refuses, or does not start again.
            ValueError: A limit cannot be used.
        """
        settings = self._access.settings(spec)
        restart = start_only_settings(self._spec) != start_only_settings(spec)
        if not restart and (live_settings(self._spec), self._settings) == (live_settings(spec), settings):
            return
        self._spec = spec
        if settings != self._settings:
            await self._gateway.replace(settings)
            self._settings = settings
        if restart:
            await self._restart_with_new_settings()
        elif self._state == "ready":
            self._refused = self._refused_at_start(spec) | await self._redis.configure(spec)
        self._emit(Changed(self._name, spec.maxmemory, spec.eviction_policy, spec.persistence))

    async def stop(self) -> None:
        """End the path first, so that it answers until then, and the server after it."""
        if self._keeper is not None:
            await self._let_go()
            await self._gateway.remove(self._settings.base_path)
        await self._redis.stop()

    async def status(self) -> Status:
        usage = await self._redis.usage() if self._state == "ready" else None
        memory, keys = (usage.memory, usage.keys) if usage else (None, None)
        return Status(self._name, self._access.url, self._state, memory, self._spec.maxmemory, keys)

    def _refused_at_start(self, spec: InstanceSpec) -> Refusals:
        """Refused settings that only another start would apply."""
        return {name: why for name, why in self._refused.items() if name in start_only_settings(spec)}

    async def _restart_with_new_settings(self) -> None:
        await self._let_go()
        self._state = "starting"
        try:
            await self._redis.stop()
            await self._start_again()
        finally:
            self._keeper = asyncio.create_task(self._keep_alive())

    async def _let_go(self) -> None:
        """End the supervision of the server."""
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.wait({self._keeper})

    async def _keep_alive(self) -> None:
        failures = 0
        while True:
            began = time.monotonic()
            message = await self._redis.ended()
            self._state = "down"
            failures = 1 if time.monotonic() - began > STEADY_SECONDS else failures + 1
            pause = backoff_seconds(failures, first=FIRST_PAUSE_SECONDS, longest=LONGEST_PAUSE_SECONDS)
            self._emit(Down(self._name, message, pause))
            await asyncio.sleep(pause)
            with suppress(RedisServerError):  # the next turn reports how it ended
                await self._start_again()
                self._emit(Recovered(self._name))

    async def _start_again(self) -> None:
        spec = self._spec
        self._refused = await self._redis.start(spec)
        self._state = "ready"
        if self._spec is not spec:  # the manifest changed while the server started
            self._refused = self._refused_at_start(self._spec) | await self._redis.configure(self._spec)
