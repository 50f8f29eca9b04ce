"""The endpoint is where the primary is, and nowhere when this member cannot know."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from kuberedis_core.members import MemberAddress, Members
from kuberedis_sidecar.redis.endpoints import PrimaryEndpoint
from kuberedis_sidecar.replication import primary_finder
from kuberedis_sidecar.replication.agent import MemberAgent
from kuberedis_sidecar.replication.observation import NodeInfo, Observation, SentinelView
from kuberedis_sidecar.replication.primary_finder import PrimaryFinder
from kuberedis_sidecar.settings import MemberSettings, RedisAddress
from tests.harness.waiting import until
from tests.sidecar.following.conftest import no_tls

OWN = RedisAddress(path="/run/redis.sock")
MEMBERS = Members(tuple(MemberAddress(name=name, host=f"10.0.0.{name}", redis_port=6379, sentinel_port=26379) for name in "123"))


def seen(primary: str, sentinels: str = "123") -> Observation:
    """What is seen when that member is the primary, and these Sentinels answer."""
    views = {name: SentinelView(primary=(f"10.0.0.{primary}", 6379)) for name in sentinels}
    return Observation(me="1", members=MEMBERS, nodes={primary: NodeInfo(role="primary", replid=primary)}, sentinels=views)


class ScriptedAgent:
    """Stands for an agent, and sees what it is told."""

    def __init__(self) -> None:
        self.state = Observation(me="1", members=MEMBERS)
        self.looks = 0
        self._listeners: list[Callable[[Observation], None]] = []

    def on_change(self, listener: Callable[[Observation], None]) -> None:
        self._listeners.append(listener)

    def see(self, observation: Observation) -> None:
        """See something else."""
        self.state = observation
        for listener in self._listeners:
            listener(observation)

    async def look(self) -> Observation:
        self.looks += 1
        await asyncio.sleep(0)
        return self.state


def run(tmp_path: Path, scenario: Callable[[ScriptedAgent, PrimaryFinder, PrimaryEndpoint], Coroutine[Any, Any, None]]) -> None:
    """Run a scenario for member 1."""
    member = MemberSettings(
        name="1",
        members_file=tmp_path,
        sentinel=RedisAddress(),
        replication_password_file=tmp_path,
        run_dir=tmp_path,
        detect_after_seconds=0.1,
        tls_dir=tmp_path,
    )

    async def whole() -> None:
        agent, endpoint = ScriptedAgent(), PrimaryEndpoint(no_tls)
        finder = PrimaryFinder(cast("MemberAgent", agent), member, OWN, endpoint)
        await scenario(agent, finder, endpoint)
        await finder.close()

    asyncio.run(whole())


def test_own_redis_is_reached_by_its_socket_and_others_with_tls(tmp_path: Path) -> None:
    async def scenario(agent: ScriptedAgent, finder: PrimaryFinder, endpoint: PrimaryEndpoint) -> None:
        found = [(finder.primary, endpoint.address)]
        for name in "12":
            agent.see(seen(name))
            found.append((finder.primary, endpoint.address))
        assert found == [(None, None), ("1", OWN), ("2", RedisAddress("10.0.0.2", 6379, tls=True))]

    run(tmp_path, scenario)


def test_endpoint_follows_a_member_whose_address_changes(tmp_path: Path) -> None:
    async def scenario(agent: ScriptedAgent, _: PrimaryFinder, endpoint: PrimaryEndpoint) -> None:
        agent.see(seen("2"))
        moved = Members(tuple(replace(member, host=f"10.9.9.{member.name}") for member in MEMBERS))
        agent.see(replace(seen("2"), members=moved, sentinels={}))
        assert endpoint.address == RedisAddress("10.9.9.2", 6379, tls=True)

    run(tmp_path, scenario)


def test_primary_is_given_up_when_no_quorum_of_sentinels_can_be_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(primary_finder, "_SHORTEST_CUT_OFF_SECONDS", 0.1)

    async def scenario(agent: ScriptedAgent, finder: PrimaryFinder, endpoint: PrimaryEndpoint) -> None:
        agent.see(seen("2"))
        agent.see(seen("2", "1"))
        assert finder.primary == "2"
        await until(lambda: finder.primary is None, what="no primary")
        assert endpoint.address is None
        agent.see(seen("2", "13"))
        assert finder.primary == "2"

    run(tmp_path, scenario)


def test_primary_is_kept_when_a_quorum_is_back_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(primary_finder, "_SHORTEST_CUT_OFF_SECONDS", 0.1)

    async def scenario(agent: ScriptedAgent, finder: PrimaryFinder, _: PrimaryEndpoint) -> None:
        agent.see(seen("2"))
        agent.see(seen("2", "1"))
        agent.see(seen("2", "12"))
        with pytest.raises(TimeoutError):
            await until(lambda: finder.primary is None, limit_seconds=0.3)

    run(tmp_path, scenario)


def test_many_doubts_are_one_look(tmp_path: Path) -> None:
    async def scenario(agent: ScriptedAgent, finder: PrimaryFinder, endpoint: PrimaryEndpoint) -> None:
        agent.state = seen("3")
        for _ in range(100):
            endpoint.on_doubt()
        await until(lambda: finder.primary == "3", what="the primary")
        assert agent.looks == 1

    run(tmp_path, scenario)
