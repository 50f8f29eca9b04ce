"""All members fail at once: the last primary serves again, with all data, or whoever has them."""

from __future__ import annotations

import random

import pytest

from tests.harness.agents import Agents
from tests.harness.redis_writers import writers
from tests.harness.replicated import ReplicatedRedis
from tests.harness.waiting import wait_until

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("disk", ["as it was", "emptied"])
@pytest.mark.usefixtures("agents")
def test_all_data_are_there_after_all_were_killed(replicated: ReplicatedRedis, disk: str) -> None:
    primary = replicated.wait_until_settled()
    with writers(replicated) as load:
        load.wait_for_acknowledgements()
    _wait_until_on_disk(replicated)
    for member in replicated:
        member.kill()
    if disk == "emptied":
        primary.empty_disk()
    for member in random.sample(replicated.members, 3):
        member.start_redis()
        member.start_sentinel()
    successor = replicated.wait_until_settled()
    assert load.lost() == []
    assert (successor is primary) == (disk == "as it was")


def test_chosen_member_continues_when_the_primary_does_not_return(replicated: ReplicatedRedis, agents: Agents) -> None:
    primary = replicated.wait_until_settled()
    chosen, other = replicated.others(primary)
    with writers(replicated) as load:
        load.wait_for_acknowledgements()
    _wait_until_on_disk(replicated)
    for member in replicated:
        member.kill()
    for member in (chosen, other):
        member.start_redis()
        member.start_sentinel()
    wait_until(lambda: agents.report(chosen).role == "replica", what="a quarantined member that follows the lost primary")
    replicated.write_members_file(promote=chosen.name)
    wait_until(replicated.primary, limit_seconds=20, what="a primary")
    replicated.write_members_file()
    primary.start_redis()
    primary.start_sentinel()
    assert replicated.wait_until_settled() is chosen
    assert load.lost() == []


def _wait_until_on_disk(replicated: ReplicatedRedis) -> None:
    """Redis writes to its disk once a second."""
    for member in replicated:
        member.call("CONFIG", "SET", "appendfsync", "always")
        member.call("SET" if member is replicated.primary() else "PING", *(("last", "write") if member is replicated.primary() else ()))
