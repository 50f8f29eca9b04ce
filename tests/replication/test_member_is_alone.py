"""A member that is left of several needs nobody to agree: it serves, and comes back after a crash. Others follow it when they return."""

from __future__ import annotations

import pytest

from tests.harness.agents import Agents
from tests.harness.redis_writers import writers
from tests.harness.replicated import ReplicatedRedis
from tests.harness.waiting import wait_until

pytestmark = pytest.mark.slow


def test_member_that_is_alone_comes_back_and_founds_the_instance_anew(replicated: ReplicatedRedis, agents: Agents) -> None:
    left = replicated.wait_until_settled()
    others = replicated.others(left)
    for member in others:
        member.kill()
    replicated.write_members_file(alone=left)
    wait_until(lambda: agents.report(left).primary == left.name, what="the primary that is alone")
    with writers(replicated) as load:
        load.wait_for_acknowledgements()
        left.call("SAVE")
        left.kill()
        left.start_redis()
        left.start_sentinel()
        wait_until(lambda: left.role() == "master", limit_seconds=20, what="the primary again")
        load.wait_for_acknowledgements()
        # The volumes of the others are older by now, and their Sentinels may name anybody.
        replicated.write_members_file(founder=left.name)
        for member in others:
            member.start_redis()
            member.start_sentinel()
        assert replicated.wait_until_settled() is left
        load.wait_for_acknowledgements()
    replicated.write_members_file()
    assert replicated.wait_until_settled() is left
