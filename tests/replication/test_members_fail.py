"""A member fails, alone: others take over what it did, and it comes back as a replica. Real servers, real Sentinels, and the agents."""

from __future__ import annotations

import time
from functools import partial

import pytest
from redis import ReadOnlyError, RedisError

from tests.harness.agents import Agents
from tests.harness.redis_writers import writers
from tests.harness.replicated import IN_MEMORY, PERSISTENT, Member, ReplicatedRedis
from tests.harness.waiting import wait_until

pytestmark = [pytest.mark.every_server, pytest.mark.slow]


@pytest.fixture
def primary(replicated: ReplicatedRedis, agents: Agents) -> Member:  # noqa: ARG001
    """The primary of an instance that could lose it."""
    return replicated.wait_until_settled()


def test_new_instance_gets_a_primary_and_two_replicas_that_could_take_its_place(
    primary: Member, replicated: ReplicatedRedis, agents: Agents
) -> None:
    # What only the report needs is asked for once a second.
    wait_until(lambda: all(agents.report(member).sentinel.has_quorum for member in replicated), what="the quorum of every Sentinel")
    reports = [agents.report(member) for member in replicated]
    assert primary is replicated.members[0]
    assert [report.role for report in reports] == ["primary", "replica", "replica"]
    assert {(report.primary, report.linked, report.in_sync, report.eligible) for report in reports} == {(primary.name, True, True, True)}
    assert {(report.sentinel.primary, report.failovers) for report in reports} == {(primary.name, 0)}


def test_killed_primary_is_replaced_before_sentinels_could_notice(primary: Member, replicated: ReplicatedRedis, agents: Agents) -> None:
    with writers(replicated) as load:
        load.wait_for_acknowledgements()
        killed_at = time.monotonic()
        primary.redis.kill()
        load.wait_for_acknowledgements()
        primary.start_redis()
        successor = replicated.wait_until_settled()
    assert load.longest_gap(killed_at) < replicated.detect_after_seconds
    assert load.lost() == []
    assert successor is not primary
    assert [agents.report(member).last_change for member in replicated] == ["failover"] * 3


@pytest.mark.parametrize("disk", ["with its data", "without persistence", "emptied"])
def test_primary_that_restarts_at_once_loses_no_write(primary: Member, replicated: ReplicatedRedis, disk: str) -> None:
    with writers(replicated) as load:
        load.wait_for_acknowledgements()
        killed_at = time.monotonic()
        primary.redis.kill()
        if disk == "emptied":
            primary.empty_disk()
        replicated.settings = IN_MEMORY if disk == "without persistence" else PERSISTENT
        primary.start_redis()
        replicated.settings = PERSISTENT
        load.wait_for_acknowledgements()
        successor = replicated.wait_until_settled()
    assert successor is not primary
    assert load.longest_gap(killed_at) < replicated.detect_after_seconds
    assert load.lost() == []


def test_primary_that_hung_steps_down_when_it_returns(primary: Member, replicated: ReplicatedRedis) -> None:
    with writers(replicated) as load, primary.client() as old_connection:
        old_connection.set("before", "value")
        load.wait_for_acknowledgements()
        primary.redis.stop_signal()
        stopped_at = time.monotonic()
        wait_until(replicated.primary, limit_seconds=15, what="another primary")
        load.wait_for_acknowledgements()
        primary.redis.continue_signal()
        continued_at = time.monotonic()
        wait_until(lambda: primary.role() == "slave", what="the old primary's stepping down")
        # Sentinels would have it step down after eight seconds.
        assert time.monotonic() - continued_at < 2
        with pytest.raises(ReadOnlyError):
            old_connection.set("after", "value")
        assert replicated.wait_until_settled() is not primary
    assert load.longest_gap(stopped_at) < replicated.detect_after_seconds + 5
    assert load.lost() == []


def test_short_hang_changes_nothing(primary: Member, replicated: ReplicatedRedis, agents: Agents) -> None:
    failovers = agents.report(primary).failovers
    primary.redis.stop_signal()
    wait_until(lambda: primary.name not in agents[primary].state.nodes, what="the agent's notice of the hang")
    primary.redis.continue_signal()
    assert replicated.wait_until_settled() is primary
    assert agents.report(primary).failovers == failovers


def test_killed_replica_comes_back(primary: Member, replicated: ReplicatedRedis, agents: Agents) -> None:
    replica = replicated.others(primary)[0]
    with writers(replicated) as load:
        load.wait_for_acknowledgements()
        killed_at = time.monotonic()
        replica.redis.kill()
        replica.empty_disk()
        wait_until(lambda: agents.report(replica).role == "unknown", what="the agent's notice")
        replica.start_redis()
        assert replicated.wait_until_settled() is primary
    assert load.longest_gap(killed_at) < replicated.detect_after_seconds
    assert load.lost() == []


def test_killed_sentinel_comes_back_with_what_it_knew(primary: Member, replicated: ReplicatedRedis, agents: Agents) -> None:
    primary.sentinel.kill()
    wait_until(lambda: not agents.report(primary).sentinel.up, what="the agent's notice")
    primary.start_sentinel()
    assert replicated.wait_until_settled() is primary


def test_members_work_without_their_agents(primary: Member, replicated: ReplicatedRedis, agents: Agents) -> None:
    agents.close(primary)
    try:
        primary.redis.kill()
        assert wait_until(replicated.primary, limit_seconds=15, what="another primary") is not primary
        primary.start_redis()
    finally:
        agents.start(primary)
    assert replicated.wait_until_settled() is not primary


def test_password_is_rotated_without_a_login_that_fails(primary: Member, replicated: ReplicatedRedis, agents: Agents) -> None:
    old, new = replicated.replication_password, "the-next-password"
    failovers = agents.report(primary).failovers
    with writers(replicated) as load:
        load.wait_for_acknowledgements()
        replicated.rotate_replication_password(new)
        for member in replicated:
            wait_until(partial(_accepts, member, new), what=f"the new password of {member.name}")
        replicated.end_rotation()
        for member in replicated:
            wait_until(partial(_refuses, member, old), what=f"the end of the old password of {member.name}")
        # A new connection of a replica shows that it knows the new one.
        primary.call("CLIENT", "KILL", "TYPE", "replica")
        assert replicated.wait_until_settled() is primary
    assert agents.report(primary).failovers == failovers
    assert load.lost() == []


def _refuses(member: Member, password: str) -> bool:
    return not _accepts(member, password)


def _accepts(member: Member, password: str) -> bool:
    """Whether its Redis and its Sentinel accept a password of replicas and Sentinels."""
    try:
        for socket, user in (("redis", "sentinel"), ("sentinel", "default")):
            with member.instance.client(f"{member.folder}/{socket}.sock", password, user) as client:
                client.ping()
    except RedisError:
        return False
    return True
