"""A member is cut off from the others, while everything on it runs on and its own clients reach it."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from redis import ReadOnlyError, RedisError

from tests.conftest import server_binary
from tests.harness.agents import Agents
from tests.harness.member_network import MemberNetwork
from tests.harness.replicated import Member, ReplicatedRedis
from tests.harness.waiting import wait_until

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def network() -> Iterator[MemberNetwork]:
    """The network between the members."""
    network = MemberNetwork()
    yield network
    network.close()


@pytest.fixture(scope="module")
def replicated(server_kind: str, network: MemberNetwork, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReplicatedRedis]:
    """An instance whose members can be cut off."""
    instance = ReplicatedRedis(server_binary(server_kind), tmp_path_factory.mktemp("replicated"), network=network)
    instance.start()
    yield instance
    instance.stop()


@pytest.fixture
def primary(replicated: ReplicatedRedis, agents: Agents) -> Member:  # noqa: ARG001
    """The primary of an instance that could lose it."""
    return replicated.wait_until_settled()


def test_primary_that_was_cut_off_steps_down_as_soon_as_it_is_back(
    primary: Member, replicated: ReplicatedRedis, network: MemberNetwork
) -> None:
    primary.call("SET", "before", "value")
    primary.call("WAIT", 2, 5000)
    network.cut_off(replicated.members.index(primary))
    successor = wait_until(lambda: _promoted(replicated, primary), limit_seconds=20, what="another primary")
    assert successor is not None
    primary.call("SET", "isolated", "value")
    successor.call("SET", "after", "value")
    network.heal()
    healed_at = time.monotonic()
    wait_until(lambda: primary.role() == "slave", what="the stepping down")
    assert time.monotonic() - healed_at < 2
    with pytest.raises(ReadOnlyError):
        primary.call("SET", "late", "value")
    assert replicated.wait_until_settled() is successor
    assert [member.call("MGET", "before", "isolated", "after") for member in replicated] == [[b"value", None, b"value"]] * 3


def test_replica_that_was_cut_off_catches_up(primary: Member, replicated: ReplicatedRedis, network: MemberNetwork, agents: Agents) -> None:
    replica = replicated.others(primary)[0]
    network.cut_off(replicated.members.index(replica))
    wait_until(lambda: agents[replica].state.named is None, what="the notice of the replica's agent")
    primary.call("SET", "meanwhile", "value")
    network.heal()
    assert replicated.wait_until_settled() is primary
    wait_until(lambda: replica.call("GET", "meanwhile") == b"value", what="the write of meanwhile")


def _promoted(replicated: ReplicatedRedis, before: Member) -> Member | None:
    """Another primary than before, which two Sentinels name."""
    for member in replicated.others(before):
        try:
            named = [other.sentinel_master()["port"] for other in replicated.others(before)]
        except RedisError:
            return None
        if member.role() == "master" and set(named) == {str(member.address.redis_port)}:
            return member
    return None
