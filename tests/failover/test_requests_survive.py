"""Requests to all members while a server fails or hands over: only writes in flight may fail, and nothing counts twice."""

import pytest

from tests.failover.conftest import Instance
from tests.failover.counting import Counting, counting
from tests.faults.traffic import client_of
from tests.harness.replicated import Member
from tests.harness.waiting import wait_until

pytestmark = pytest.mark.slow


def only_unknown_writes(result: Counting) -> bool:
    """Whether all that failed are writes of which the outcome is unknown, no more than one for each client."""
    failed = result.failed()
    counters = [request.counter for request in failed]
    return len(counters) == len(set(counters)) and all(
        request.status == 503 and request.raises and "may have been carried out" in request.text for request in failed
    )


def silences(instance: Instance) -> int:
    """How many times a sidecar has found the primary silent."""
    return sum(line.get("event") == "redis_silent" for sidecar in instance.sidecars.values() for line in sidecar.logs())


@pytest.mark.every_server
def test_no_request_fails_when_the_primary_hands_over(instance: Instance, primary: Member) -> None:
    with counting(instance) as result:
        assert instance.switch_over() is not primary
    assert result.failed() == []
    assert max(request.seconds for request in result.requests) < 1.5
    result.check(instance)


@pytest.mark.every_server
def test_only_writes_in_flight_fail_when_the_primary_is_killed(instance: Instance, primary: Member) -> None:
    with counting(instance) as result:
        primary.redis.kill()
        result.wait_for(5)
        primary.start_redis()
        instance.servers.wait_until_settled()
    assert only_unknown_writes(result), result.failed()
    assert result.longest_gap() < 2
    result.check(instance)


def test_only_writes_in_flight_fail_when_the_primary_hangs_and_comes_back(instance: Instance, primary: Member) -> None:
    with counting(instance) as result:
        primary.redis.stop_signal()
        result.wait_for(5)
        primary.redis.continue_signal()
        instance.servers.wait_until_settled()
    assert only_unknown_writes(result), result.failed()
    result.check(instance)


def test_no_request_fails_when_the_primary_hangs_for_a_moment(instance: Instance, primary: Member) -> None:
    before = silences(instance)
    with counting(instance) as result:
        primary.redis.stop_signal()
        try:
            # Sentinel waits for longer.
            wait_until(lambda: silences(instance) > before, what="a silent primary")
        finally:
            primary.redis.continue_signal()
    assert result.failed() == []
    result.check(instance)


def test_no_request_fails_when_a_replica_is_killed(instance: Instance, primary: Member) -> None:
    replica = instance.servers.others(primary)[0]
    with counting(instance) as result:
        replica.redis.kill()
        result.wait_for(10)
        replica.start_redis()
        instance.servers.wait_until_settled()
    assert result.failed() == []
    result.check(instance)


@pytest.mark.every_server
def test_script_that_writes_without_an_end_costs_no_more_than_a_failover(instance: Instance, primary: Member) -> None:
    (other, *_) = instance.servers.others(primary)
    with client_of(instance.sidecar_of(other)) as http:
        assert http.post("/", json=["EVAL", "while true do redis.call('INCR', KEYS[1]) end", "1", "key"]).status_code == 503
        assert http.post("/", json=["SET", "key", "value"]).json() == {"result": "OK"}
    wait_until(lambda: not primary.redis.running, what="the end of the primary before")
    primary.start_redis()
