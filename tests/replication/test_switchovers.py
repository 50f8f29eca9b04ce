"""Planned switchovers, and what becomes of one that is interrupted: real servers, real Sentinels, and the agents.

What requests see of a switchover is in `tests/failover`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from threading import Timer
from typing import Any

import pytest
from redis import RedisError

from kuberedis_core.member_control import ControlReply
from kuberedis_core.members import MemberAddress
from kuberedis_sidecar.errors import ErrorReply, RedisUnavailable
from kuberedis_sidecar.redis.replies import Command
from kuberedis_sidecar.replication.agent import MemberAgent
from kuberedis_sidecar.replication.nodes import Nodes
from kuberedis_sidecar.replication.preference import Preference
from kuberedis_sidecar.replication.switchover import PAUSE_SECONDS
from kuberedis_sidecar.replication.switchover_runner import CHANGE_SECONDS, SwitchoverRunner
from tests.harness.agents import Agents
from tests.harness.member_configuration import INSTANCE
from tests.harness.redis_writers import writers
from tests.harness.replicated import Member, ReplicatedRedis
from tests.harness.waiting import wait_until

pytestmark = pytest.mark.slow

FAILOVER = ("SENTINEL", "FAILOVER")


@pytest.fixture
def primary(replicated: ReplicatedRedis, agents: Agents) -> Member:  # noqa: ARG001
    """The primary of an instance that could hand its role over, and whose Sentinels hear of priorities soon."""
    primary = replicated.wait_until_settled()
    for member in replicated:
        # By itself, a Sentinel asks every ten seconds.
        member.call("SENTINEL", "DEBUG", "INFO-PERIOD", 500, sentinel=True)
    return primary


class Intercepted:
    """Connections to all members; `before` may do something before commands are sent."""

    def __init__(self, nodes: Nodes, before: Callable[[Sequence[Command]], None]) -> None:
        self._nodes = nodes
        self._before = before

    async def redis(self, member: MemberAddress, *commands: Command, seconds: float) -> list[Any]:
        self._before(commands)
        return await self._nodes.redis(member, *commands, seconds=seconds)

    async def sentinel(self, member: MemberAddress, *commands: Command, seconds: float) -> list[Any]:
        self._before(commands)
        return await self._nodes.sentinel(member, *commands, seconds=seconds)


class Dead(BaseException):
    """The sidecar has been killed."""


def killed_before(*words: str) -> Callable[[Sequence[Command]], None]:
    """Kill the sidecar before it sends a command that begins with these words; nothing is sent after that."""
    dead = False

    def before(commands: Sequence[Command]) -> None:
        nonlocal dead
        dead = dead or any(tuple(command[: len(words)]) == words for command in commands)
        if dead:
            raise Dead

    return before


async def switch_over(agent: MemberAgent, before: Callable[[Sequence[Command]], None] | None = None, to: str | None = None) -> ControlReply:
    """What the sidecar of an agent does."""
    nodes: Any = agent.nodes if before is None else Intercepted(agent.nodes, before)
    with agent.switching_over():
        return await SwitchoverRunner(INSTANCE, agent.state.me, lambda: agent.state.members, nodes).run(to)


def full_copies(replicated: ReplicatedRedis) -> int:
    """How often a member has sent all of its data to another one."""
    count = 0
    for member in replicated:
        with member.client() as client:
            count += client.info("stats")["sync_full"]
    return count


def period_of_pings(member: Member) -> bytes:
    """How often it would ping its replicas, in seconds."""
    [_, period] = member.call("CONFIG", "GET", "repl-ping-replica-period")
    return bytes(period)


@pytest.mark.every_server
def test_no_write_is_lost_and_nobody_copies_all_data_again(primary: Member, replicated: ReplicatedRedis, agents: Agents) -> None:
    before = full_copies(replicated)
    with writers(replicated) as load:
        load.wait_for_acknowledgements()
        began_at = time.monotonic()
        reply = agents.run(switch_over(agents[primary]))
        load.wait_for_acknowledgements()
        successor = replicated.wait_until_settled()
    assert (reply.ok, reply.primary) == (True, successor.name)
    assert successor is not primary
    assert load.longest_gap(began_at) < 1
    assert load.lost() == []
    assert full_copies(replicated) == before
    assert [period_of_pings(member) for member in replicated] == [b"10"] * 3
    assert [agents.report(member).last_change for member in replicated] == ["switchover"] * 3


@pytest.mark.every_server
def test_ping_after_the_promotion_costs_no_full_copy(primary: Member, replicated: ReplicatedRedis, agents: Agents) -> None:
    before = full_copies(replicated)
    primary.call("CONFIG", "SET", "repl-ping-replica-period", 1)

    def notice_the_promotion_late(commands: Sequence[Command]) -> None:
        # The stream of a primary that pings goes on. The other agents run in this thread, and wait.
        if ("MULTI",) in commands:
            offset = primary.info()["master_repl_offset"]
            with suppress(TimeoutError):
                wait_until(lambda: primary.info()["master_repl_offset"] != offset, limit_seconds=1.5, every_seconds=0.05)

    assert agents.run(switch_over(agents[primary], notice_the_promotion_late), 10).ok
    replicated.wait_until_settled()
    assert full_copies(replicated) == before


@pytest.mark.parametrize("answer", ["NOGOODSLAVE No suitable replica to promote", "INPROG Failover already in progress"])
def test_primary_goes_on_when_all_sentinels_refuse(primary: Member, replicated: ReplicatedRedis, agents: Agents, answer: str) -> None:
    def refuse(commands: Sequence[Command]) -> None:
        if any(tuple(command[:2]) == FAILOVER for command in commands):
            raise ErrorReply(answer)

    reply = agents.run(switch_over(agents[primary], refuse))
    assert (reply.ok, reply.reason) == (False, "sentinel-refused")
    assert answer in reply.message
    assert primary.call("SET", "key", "value") == b"OK"
    assert period_of_pings(primary) == b"10"
    assert replicated.primary() is primary


def test_writes_go_on_when_redis_executes_the_pause_late(primary: Member, replicated: ReplicatedRedis, agents: Agents) -> None:
    def hang(commands: Sequence[Command]) -> None:
        # As during a script.
        if any(tuple(command[:2]) == ("CLIENT", "PAUSE") for command in commands):
            primary.redis.stop_signal()
            Timer(CHANGE_SECONDS + 0.2, primary.redis.continue_signal).start()

    reply = agents.run(switch_over(agents[primary], hang))
    assert (reply.ok, reply.reason) == (False, "redis-unavailable")
    assert primary.call("SET", "key", "value") == b"OK"
    assert replicated.wait_until_settled() is primary


def test_nothing_is_paused_when_a_replica_hangs(primary: Member, replicated: ReplicatedRedis, agents: Agents) -> None:
    # Until the Sentinels notice, they would promote it, and it would take the role when it goes on.
    [hanging, _] = replicated.others(primary)
    hanging.redis.stop_signal()
    try:
        reply = agents.run(switch_over(agents[primary]))
    finally:
        hanging.redis.continue_signal()
    assert (reply.ok, reply.reason) == (False, "not-in-sync")
    assert hanging.name in reply.message
    assert replicated.primary() is primary


@pytest.mark.every_server
def test_wanted_member_is_promoted_once_the_sentinels_prefer_it(primary: Member, replicated: ReplicatedRedis, agents: Agents) -> None:
    wanted = replicated.others(primary)[-1]
    refused = agents.run(switch_over(agents[primary], to=wanted.name))
    assert (refused.ok, refused.reason) == (False, "not-preferred")

    async def prefer(agent: MemberAgent) -> Preference:
        preference = Preference(INSTANCE, lambda: agent.state, agent.nodes)
        assert (await preference.begin()).ok
        return preference

    preference = agents.run(prefer(agents[wanted]))
    reply = agents.run(switch_over(agents[primary], to=wanted.name))
    assert (reply.ok, reply.primary) == (True, wanted.name)
    wait_until(lambda: wanted.call("CONFIG", "GET", "replica-priority")[1] == b"100", what="the usual priority")
    agents.run(preference.close())


@pytest.mark.parametrize("step", [("CONFIG", "SET", "repl-ping-replica-period"), FAILOVER, ("MULTI",)], ids=["pause", "ask", "demote"])
def test_sidecar_that_dies_leaves_no_primary_paused(
    primary: Member, replicated: ReplicatedRedis, agents: Agents, step: tuple[str, ...]
) -> None:
    with writers(replicated) as load:
        load.wait_for_acknowledgements()
        began_at = time.monotonic()
        with pytest.raises(Dead):
            agents.run(switch_over(agents[primary], killed_before(*step)))
        agents.close(primary)
        load.wait_for_acknowledgements()
        agents.start(primary)
        agents.run(restore(agents[primary]))
        # What is paused does not replicate.
        wait_until(lambda: is_up_to_date(primary, replicated), limit_seconds=PAUSE_SECONDS / 2, what="the old primary as a replica")
        replicated.wait_until_settled()
    assert load.longest_gap(began_at) < PAUSE_SECONDS
    assert load.lost() == []
    assert period_of_pings(primary) == b"10"


def is_up_to_date(member: Member, replicated: ReplicatedRedis) -> bool:
    """Whether a member has what is written now."""
    primary = replicated.primary()
    if primary is None:
        return False
    key = f"written-at-{time.monotonic()}"
    primary.call("SET", key, "value")
    try:
        wait_until(lambda: member.call("EXISTS", key) == 1, limit_seconds=0.3, what=key)
    except (AssertionError, TimeoutError, RedisError):
        return False
    return True


async def restore(agent: MemberAgent) -> None:
    """What a sidecar does when it starts."""
    await agent.look()
    await SwitchoverRunner(INSTANCE, agent.state.me, lambda: agent.state.members, agent.nodes).restore()


def test_failover_that_nobody_asked_for_ends_a_switchover_too(primary: Member, replicated: ReplicatedRedis, agents: Agents) -> None:
    def lose_the_question(commands: Sequence[Command]) -> None:
        if any(tuple(command[:2]) == FAILOVER for command in commands):
            # The Sentinel has accepted, as far as anybody knows.
            raise RedisUnavailable("the connection broke")

    reply = agents.run(switch_over(agents[primary], lose_the_question), 10)
    successor = replicated.wait_until_settled()
    assert (reply.ok, reply.primary) == (True, successor.name)
    assert successor is not primary
