"""What a member's agent sends in moments that last less than a second with real servers: all members are scripted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any

from kuberedis_core.member_control import MARK_NAME
from kuberedis_sidecar.redis.connection import Connection
from kuberedis_sidecar.redis.opening import open_connection
from kuberedis_sidecar.replication.agent import MemberAgent
from kuberedis_sidecar.replication.observation import QUARANTINE, NodeInfo
from tests.harness.scripted_member import ScriptedMember, scripted_members
from tests.harness.scripted_server import Words
from tests.harness.waiting import until

Scenario = Callable[[MemberAgent, ScriptedMember, ScriptedMember, ScriptedMember], Coroutine[Any, Any, None]]

OLD, NEW = "1" * 40, "2" * 40
_FEW_LOOKS = 4
_DETAILS = ["SENTINEL", "CKQUORUM", "cache"]
# Two for each, and others are asked in every fifth: after these there are fewer left until the next that asks for details.
_COMMANDS_OF_POLLS = 12


def primary(replid: str = OLD, replid2: str = "0" * 40) -> NodeInfo:
    return NodeInfo(role="primary", replid=replid, replid2=replid2, keys=1)


def replica(of: ScriptedMember, **fields: Any) -> NodeInfo:
    defaults = {"replid": OLD, "keys": 1, "link_up": True, "was_linked": True, "eligible": True}
    return NodeInfo(role="replica", follows=of.announced, **{**defaults, **fields})


def run(folder: Path, scenario: Scenario) -> None:
    async def start() -> None:
        async with scripted_members(folder) as ((a, b, c), settings, member):
            agent = MemberAgent(settings, member, partial(open_connection, Connection))
            try:
                await scenario(agent, a, b, c)
            finally:
                await agent.close()
            assert b.changes() == c.changes() == [], "a member reconfigures its own Redis and no other"

    asyncio.run(start())


def name(primary: ScriptedMember, *voters: ScriptedMember) -> None:
    """Have the Sentinels of `voters` name a primary."""
    for voter in voters:
        voter.primary = primary.announced


async def looks(agent: MemberAgent) -> None:
    """Let it look a few times."""
    for _ in range(_FEW_LOOKS):
        await agent.look()


async def settled(agent: MemberAgent, first: ScriptedMember, *others: ScriptedMember) -> None:
    """Start it where the first one is the primary, the others follow it, and all Sentinels name it."""
    first.node = primary()
    for other in others:
        other.node = replica(first)
    name(first, first, *others)
    agent.start()
    await looks(agent)


async def ends_without_failover(agent: MemberAgent, own: ScriptedMember, *others: ScriptedMember) -> None:
    """Have it see that its Redis is gone, and check that no Sentinel is asked to fail over."""
    await until(lambda: own.name in agent.state.gone, what="the notice of the end")
    await looks(agent)
    assert [member.failovers() for member in (own, *others)] == [0, 0, 0]


def roles(member: ScriptedMember) -> list[str]:
    return member.changes("REPLICAOF", "CONFIG SET replica-priority")


def test_primary_that_returns_steps_down_at_once_and_is_not_eligible(tmp_path: Path) -> None:
    async def scenario(agent: MemberAgent, a: ScriptedMember, b: ScriptedMember, c: ScriptedMember) -> None:
        await settled(agent, a, b, c)
        a.node, b.node, c.node = None, primary(NEW, OLD), replica(b)
        await until(lambda: agent.state.own is None, what="the notice of the hang")
        name(b, a, b, c)
        assert roles(a) == []
        a.node = primary()
        # What it was asked while it hung is answered now.
        a.redis.send(b"$1\r\nx\r\n:1\r\n")
        await until(lambda: len(roles(a)) >= 2, what="the stepping down")
        assert roles(a)[:2] == ["CONFIG SET replica-priority 0", f"REPLICAOF 127.0.0.1 {b.redis.port}"]
        a.node = replica(b, eligible=False)
        await until(lambda: roles(a)[-1] == "CONFIG SET replica-priority 100", what="the eligibility")

    run(tmp_path, scenario)


def test_promoted_replica_does_not_step_down_while_sentinels_have_yet_to_hear(tmp_path: Path) -> None:
    async def scenario(agent: MemberAgent, a: ScriptedMember, b: ScriptedMember, c: ScriptedMember) -> None:
        await settled(agent, b, a, c)
        a.node = primary(NEW, OLD)
        await looks(agent)
        assert roles(a) == []
        name(a, b, c)
        b.node, c.node = replica(a, replid=NEW), replica(a, replid=NEW)
        await looks(agent)
        assert roles(a) == []

    run(tmp_path, scenario)


def test_primary_that_hands_over_and_ends_has_nobody_else_promoted(tmp_path: Path) -> None:
    async def scenario(agent: MemberAgent, a: ScriptedMember, b: ScriptedMember, c: ScriptedMember) -> None:
        await settled(agent, a, b, c)
        # Between two looks. Neither the Sentinels nor the third member have heard of it.
        b.node = primary(NEW, OLD)
        a.redis.end()
        await ends_without_failover(agent, a, b, c)

    run(tmp_path, scenario)


def test_failover_is_not_decided_by_what_others_said_before(tmp_path: Path) -> None:
    async def scenario(agent: MemberAgent, a: ScriptedMember, b: ScriptedMember, c: ScriptedMember) -> None:
        await settled(agent, a, b, c)
        answer = a.sentinel.answer

        def hand_over(words: Words) -> bytes | None:
            """In the middle of a look, before the own Redis is asked, and the others are not."""
            if words != _DETAILS:
                return answer(words)
            b.node = primary(NEW, OLD)
            a.redis.end()
            asyncio.get_running_loop().call_later(0.05, a.sentinel.send, b"+OK\r\n")
            return None

        # The next look but a few asks the own Sentinel for more, and not the other members, which have just been asked.
        asked = a.sentinel.commands.count(_DETAILS)
        await until(lambda: a.sentinel.commands.count(_DETAILS) > asked, what="the last such look")
        polled = len(a.redis.commands)
        await until(lambda: len(a.redis.commands) > polled + _COMMANDS_OF_POLLS, what="some polls")
        await agent.look()
        a.sentinel.answer = hand_over
        await ends_without_failover(agent, a, b, c)

    run(tmp_path, scenario)


def test_failover_is_asked_of_a_sentinel_that_knows_of_none(tmp_path: Path) -> None:
    async def scenario(agent: MemberAgent, a: ScriptedMember, b: ScriptedMember, c: ScriptedMember) -> None:
        a.node, b.node, c.node = primary(), replica(a), replica(a)
        name(a, a, c)
        name(c, b)
        agent.start()
        await looks(agent)
        a.redis.end()
        await until(lambda: c.failovers() == 1, what="the failover")
        assert [member.failovers() for member in (a, b)] == [0, 0]

    run(tmp_path, scenario)


def test_replica_that_ends_is_eligible_no_more_unless_its_redis_starts_anew(tmp_path: Path) -> None:
    async def scenario(agent: MemberAgent, a: ScriptedMember, b: ScriptedMember, c: ScriptedMember) -> None:
        await settled(agent, b, a, c)
        assert (tmp_path / MARK_NAME).exists()
        await agent.leave()
        assert roles(a) == ["CONFIG SET replica-priority 0"]
        a.node = replica(b, eligible=False)
        await looks(agent)
        await looks(agent)
        assert roles(a) == ["CONFIG SET replica-priority 0"]
        agent.release()
        assert not (tmp_path / MARK_NAME).exists()
        a.node = NodeInfo(role="replica", replid=OLD, follows=QUARANTINE, keys=1)
        await until(lambda: len(roles(a)) > 1, what="a Redis that follows")
        assert (tmp_path / MARK_NAME).exists()
        a.node = replica(b, eligible=False)
        await until(lambda: roles(a)[-1] == "CONFIG SET replica-priority 100", what="the eligibility")

    run(tmp_path, scenario)


def test_replica_follows_its_sibling_before_sentinels_say_so(tmp_path: Path) -> None:
    async def scenario(agent: MemberAgent, a: ScriptedMember, b: ScriptedMember, c: ScriptedMember) -> None:
        await settled(agent, b, a, c)
        a.node, b.node, c.node = replica(b, link_up=False), None, primary(NEW, OLD)
        await until(lambda: roles(a), what="the change")
        assert roles(a)[0] == f"REPLICAOF 127.0.0.1 {c.redis.port}"

    run(tmp_path, scenario)


def test_failover_is_asked_for_once_and_of_another_member(tmp_path: Path) -> None:
    async def scenario(agent: MemberAgent, a: ScriptedMember, b: ScriptedMember, c: ScriptedMember) -> None:
        a.node = NodeInfo(role="replica", replid=NEW, follows=QUARANTINE, keys=0)
        b.node, c.node = replica(a, link_up=False), replica(a, link_up=False)
        name(a, a, b, c)
        agent.start()
        await until(lambda: b.failovers() + c.failovers() + a.failovers(), what="the failover")
        await looks(agent)
        assert (a.failovers(), b.failovers(), c.failovers()) == (0, 1, 0)
        assert roles(a) == []

    run(tmp_path, scenario)


def test_agent_leaves_redis_alone_during_a_switchover(tmp_path: Path) -> None:
    async def scenario(agent: MemberAgent, a: ScriptedMember, b: ScriptedMember, c: ScriptedMember) -> None:
        await settled(agent, a, b, c)
        with agent.switching_over():
            assert agent.report().switching_over
            b.node, b.flags = primary(NEW, OLD), "master,failover_in_progress"
            await looks(agent)
            assert roles(a) == []
        await until(lambda: roles(a), what="the stepping down")

    run(tmp_path, scenario)


def test_redis_follows_nobody_until_it_knows_the_password(tmp_path: Path) -> None:
    async def scenario(agent: MemberAgent, a: ScriptedMember, b: ScriptedMember, c: ScriptedMember) -> None:
        a.node, b.node, c.node = NodeInfo(role="replica", replid=NEW, follows=QUARANTINE, keys=0), primary(), replica(b)
        name(b, a, b, c)
        agent.start()
        await until(lambda: roles(a), what="the change")
        changes = a.changes()
        follow = changes.index(f"REPLICAOF 127.0.0.1 {b.redis.port}")
        assert "CONFIG SET masterauth replication" in changes[:follow]
        assert f"CONFIG SET replica-announce-port {a.redis.port}" in changes[:follow]

    run(tmp_path, scenario)


def test_next_password_is_used_when_all_members_accept_it(tmp_path: Path) -> None:
    async def scenario(agent: MemberAgent, a: ScriptedMember, b: ScriptedMember, c: ScriptedMember) -> None:
        a.node, b.node, c.node = replica(b), primary(), replica(b)
        name(b, a, b, c)
        agent.start()
        await until(lambda: _sent_password(a) == "replication", what="the password")
        (tmp_path / "replication_previous").write_text("replication")
        (tmp_path / "replication").write_text("next")
        a.passwords.add("next")
        await until(lambda: _users(a) == {"repl", "sentinel"}, what="both passwords of the users")
        b.passwords.add("next")
        await until(lambda: ["AUTH", "sentinel", "next"] in c.redis.commands, what="the question whether the last one accepts it")
        assert _sent_password(a) == "replication"
        c.passwords.add("next")
        await until(lambda: _sent_password(a) == "next", what="the next password")

    run(tmp_path, scenario)


def _sent_password(member: ScriptedMember) -> str | None:
    """What a Redis, and the Sentinel beside it, were last told to log in to others with."""
    redis = [words[3] for words in member.redis.commands if words[2:3] == ["masterauth"]]
    sentinel = [words[4] for words in member.sentinel.commands if words[3:4] == ["auth-pass"]]
    return redis[-1] if redis and sentinel and redis[-1] == sentinel[-1] else None


def _users(member: ScriptedMember) -> set[str]:
    """The users that were told two passwords."""
    return {words[2] for words in member.redis.commands if words[:2] == ["ACL", "SETUSER"] and sum(word[0] == "#" for word in words) == 2}


def test_members_that_are_listed_elsewhere_are_asked_there(tmp_path: Path) -> None:
    async def scenario(agent: MemberAgent, a: ScriptedMember, b: ScriptedMember, c: ScriptedMember) -> None:
        await settled(agent, b, a, c)
        (tmp_path / "members.json").write_text("not a file of members")
        await looks(agent)
        assert agent.state.primary is not None, "what was known stays"
        text = '{"members": [' + ",".join(_entry(*pair) for pair in (("a", a), ("b", c), ("c", b))) + "]}"
        (tmp_path / "members.json").write_text(text)
        await until(lambda: agent.state.named is not None and agent.state.named.name == "c", what="the new addresses")

    run(tmp_path, scenario)


def _entry(name: str, member: ScriptedMember) -> str:
    return f'{{"name": "{name}", "host": "127.0.0.1", "redis_port": {member.redis.port}, "sentinel_port": {member.sentinel.port}}}'
