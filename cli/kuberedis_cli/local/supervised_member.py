"""One member of an instance: its server, and the Sentinel beside it if the instance has more members; both are kept alive."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from kuberedis_cli.local.keep_alive import keep_alive
from kuberedis_cli.local.redis_server import RedisServer, Refusals, Usage
from kuberedis_cli.local.sentinel_server import SentinelServer
from kuberedis_core.crd.redis_config import start_only_settings
from kuberedis_core.crd.spec import InstanceSpec
from kuberedis_sidecar.settings import Settings

State = Literal["starting", "ready", "down"]


@dataclass(frozen=True)
class MemberParts:
    """What a member consists of.

    Args:
        name: Name of the member; with one member, that of the instance.
        redis: Its server.
        sentinel: Its Sentinel; None with one member.
        settings: Settings of its sidecar, as they follow from a spec.
    """

    name: str
    redis: RedisServer
    sentinel: SentinelServer | None
    settings: Callable[[InstanceSpec], Settings]


class SupervisedMember:
    """A member from `start` until `stop`.

    Args:
        parts: What it consists of.
        spec: Spec at the start.
        on_down: Called with the name of the member, a sentence, and the seconds until the process that ended is started again.
        on_recovered: Called with the name of the member when that process runs again.
    """

    def __init__(
        self, parts: MemberParts, spec: InstanceSpec, on_down: Callable[[str, str, float], None], on_recovered: Callable[[str], None]
    ) -> None:
        self.name = parts.name
        self.settings = parts.settings
        """Settings of its sidecar, as they follow from a spec."""
        self.state: State = "starting"
        self.refused: Refusals = {}
        """Settings of the spec that the server refuses; it runs without."""
        self._redis = parts.redis
        self._sentinel = parts.sentinel
        self._on_down = on_down
        self._on_recovered = on_recovered
        self._spec = spec
        self._keepers: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Start its processes.

        Raises:
            RedisServerError: One does not start; `stop` cleans up then, too.
        """
        await self._start_redis()
        if self._sentinel is not None:
            await self._sentinel.start()
        self._supervise()

    def restarts_for(self, spec: InstanceSpec) -> bool:
        """Whether a changed spec has a setting that only a start of the server applies."""
        return start_only_settings(self._spec) != start_only_settings(spec)

    async def follow(self, spec: InstanceSpec) -> None:
        """Apply a changed spec; a setting that only a start applies restarts the server.

        Raises:
            RedisServerError: The server refuses, or does not start again.
        """
        restart = self.restarts_for(spec)
        self._spec = spec
        if restart:
            await self._restart_redis()
        elif self.state == "ready":
            self.refused = self._refused_at_start(spec) | await self._redis.configure(spec)

    async def stop(self) -> None:
        """End its processes, and the Sentinel first, which would take the end of a server for a failure."""
        await self._let_go()
        if self._sentinel is not None:
            await self._sentinel.stop()
        await self._redis.stop()

    def kill(self) -> None:
        """End its server at once, as a crash does; it is started again."""
        self._redis.kill()

    async def usage(self) -> Usage | None:
        """Memory and keys; None while the server does not answer."""
        return await self._redis.usage() if self.state == "ready" else None

    async def promotable(self) -> int:
        """The number of other members that its Sentinel would promote in place of the primary."""
        return await self._sentinel.promotable() if self._sentinel is not None else 0

    def _supervise(self) -> None:
        processes = [keep_alive(self._redis.ended, self._start_redis, self._redis_down, self._recovered)]
        if self._sentinel is not None:
            processes.append(keep_alive(self._sentinel.ended, self._sentinel.start, self._down, self._recovered))
        self._keepers = [asyncio.create_task(process) for process in processes]

    async def _let_go(self) -> None:
        """End the supervision."""
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        self._keepers = []

    async def _restart_redis(self) -> None:
        await self._let_go()
        self.state = "starting"
        try:
            await self._redis.stop()
            await self._start_redis()
        finally:
            self._supervise()

    async def _start_redis(self) -> None:
        spec = self._spec
        self.refused = await self._redis.start(spec)
        self.state = "ready"
        if self._spec is not spec:  # it changed while the server started
            self.refused = self._refused_at_start(self._spec) | await self._redis.configure(self._spec)

    def _refused_at_start(self, spec: InstanceSpec) -> Refusals:
        """Refused settings that only another start would apply."""
        return {name: why for name, why in self.refused.items() if name in start_only_settings(spec)}

    def _redis_down(self, message: str, pause_seconds: float) -> None:
        self.state = "down"
        self._down(message, pause_seconds)

    def _down(self, message: str, pause_seconds: float) -> None:
        self._on_down(self.name, message, pause_seconds)

    def _recovered(self) -> None:
        self._on_recovered(self.name)
