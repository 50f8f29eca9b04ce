"""The agents of the members of an instance, without the rest of their sidecars, in a thread beside the test."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import uvloop

from kuberedis_core.member_report import MemberReport
from kuberedis_sidecar.redis.connection import Connection
from kuberedis_sidecar.redis.opening import open_connection
from kuberedis_sidecar.redis.tls import MemberTls
from kuberedis_sidecar.replication.agent import MemberAgent
from kuberedis_sidecar.replication.nodes import TCP_SECONDS, Connect
from kuberedis_sidecar.settings import RedisAddress, Settings
from tests.harness.member_configuration import INSTANCE
from tests.harness.replicated import Member, ReplicatedRedis
from tests.harness.sidecar import make_auth_dir

T = TypeVar("T")


class Agents:
    """Agents, one for each member that it was started for."""

    def __init__(self, instance: ReplicatedRedis) -> None:
        self._auth_dir = make_auth_dir(_folder(instance.folder / "auth"))
        self._instance = instance
        self._tls = MemberTls(instance.tls_dir, INSTANCE) if instance.tls_dir is not None else None
        self._agents: dict[str, MemberAgent] = {}
        self._loop = uvloop.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        for member in instance:
            self.start(member)

    def __getitem__(self, member: Member) -> MemberAgent:
        """The agent of a member; it belongs to another thread."""
        return self._agents[member.name]

    def start(self, member: Member) -> None:
        """Start the agent of a member."""
        environ = member.environ() | {"KUBEREDIS_AUTH_DIR": str(self._auth_dir)}
        self._agents[member.name] = self.run(
            _start(Settings.from_environ(environ), partial(self._connect, self._instance.members.index(member)))
        )

    def close(self, member: Member) -> None:
        """Close that of a member, as if its sidecar ended."""
        self.run(self._agents.pop(member.name).close())

    def report(self, member: Member) -> MemberReport:
        """What a member says of itself."""
        return self[member].report()

    def end(self) -> None:
        """Close all of them."""
        for agent in self._agents.values():
            self.run(agent.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _connect(self, ordinal: int, address: RedisAddress) -> Connection:
        network = self._instance.network
        if network is not None and address.path is None:
            address = replace(address, port=network.port_for_agent(ordinal, address.port))
        context = self._tls.context() if self._tls is not None and address.tls else None
        return await open_connection(Connection, address, context, tcp_seconds=TCP_SECONDS)

    def run(self, coroutine: Coroutine[Any, Any, T], limit_seconds: float = 5) -> T:
        """The result of a coroutine, which runs in the thread of the agents."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(limit_seconds)


async def _start(settings: Settings, connect: Connect) -> MemberAgent:
    assert settings.members is not None
    agent = MemberAgent(settings, settings.members, connect)
    agent.start()
    return agent


def _folder(path: Path) -> Path:
    path.mkdir(exist_ok=True)
    return path
