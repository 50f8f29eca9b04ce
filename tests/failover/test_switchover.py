"""What the sidecars say of a planned switchover, and how a member ends."""

import json
import subprocess
import sys
import time
from threading import Thread

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from kuberedis_core import member_report
from kuberedis_core.member_control import MARK_NAME, ControlReply, load_reply
from kuberedis_core.member_report import MemberReport
from kuberedis_sidecar.replication.departure import SERVE_SECONDS
from tests.failover.conftest import Instance
from tests.failover.counting import counting
from tests.harness.replicated import Member
from tests.harness.sidecar import Sidecar
from tests.harness.waiting import wait_until

pytestmark = pytest.mark.slow

LIMIT_SECONDS = 30


def subcommand(member: Member, *arguments: str) -> ControlReply:
    """The reply of a subcommand, as in the sidecar's container."""
    command = [sys.executable, "-m", "kuberedis_sidecar", *arguments]
    done = subprocess.run(
        command, env={"KUBEREDIS_RUN_DIR": str(member.run_dir)}, capture_output=True, text=True, timeout=LIMIT_SECONDS, check=False
    )
    assert done.stderr == ""
    reply = load_reply(done.stdout)
    assert reply.ok == (done.returncode == 0)
    return reply


def report(sidecar: Sidecar) -> MemberReport:
    """What a sidecar says of its member."""
    answer = httpx.get(f"{sidecar.origin}/member")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    return member_report.load(answer.text)


def metrics(sidecar: Sidecar) -> dict[str, float]:
    """The samples of a sidecar about its member by name; of roles that with the value 1, as the name."""
    page = httpx.get(f"{sidecar.origin}/metrics").text
    samples = [sample for family in text_string_to_metric_families(page) for sample in family.samples]
    return {
        sample.labels.get("role", sample.name): sample.value for sample in samples if "kuberedis_member_" in sample.name and sample.value
    }


def test_reports_and_metrics_say_which_member_is_the_primary(instance: Instance, primary: Member) -> None:
    replica = instance.servers.others(primary)[0]
    changes = report(instance.sidecar_of(primary)).failovers
    successor = instance.switch_over()
    for member in instance.servers:
        sidecar = instance.sidecar_of(member)
        wait_until(lambda sidecar=sidecar: report(sidecar).primary == successor.name, what="the report of every member")  # type: ignore[misc]
        said = report(sidecar)
        assert (said.name, said.role) == (member.name, "primary" if member is successor else "replica")
        assert (said.in_sync, said.linked, said.last_change, said.failovers) == (True, True, "switchover", changes + 1)
        if member is not successor:
            wait_until(lambda sidecar=sidecar: report(sidecar).lag_seconds == 0, what="a replica that has everything")  # type: ignore[misc]
        measured = metrics(sidecar)
        assert measured[said.role] == measured["kuberedis_member_in_sync"] == measured["kuberedis_member_linked"] == 1
        assert measured["kuberedis_member_failovers_total"] == changes + 1
    assert metrics(instance.sidecar_of(replica)).keys() >= {"kuberedis_member_sentinel_up", "kuberedis_member_quorum"}


def test_switchover_is_refused_with_the_reason(instance: Instance, primary: Member) -> None:
    replica = instance.servers.others(primary)[0]
    wait_until(lambda: report(instance.sidecar_of(replica)).primary == primary.name, what="the primary in a replica's report")
    refused = subcommand(replica, "switchover")
    assert (refused.reason, refused.primary) == ("not-primary", primary.name)
    assert subcommand(primary, "switchover", "--to", primary.name).reason == "is-primary"
    assert subcommand(primary, "switchover", "--to", "somebody").reason == "unknown-member"
    assert subcommand(primary, "prefer").reason == "is-primary"
    assert instance.servers.settled() is primary


def test_member_that_ends_hands_over_and_serves_until_no_more_requests_come(instance: Instance, primary: Member) -> None:
    replies: list[ControlReply] = []
    began_at = time.monotonic()
    with counting(instance) as result:
        ending = Thread(target=lambda: replies.append(subcommand(primary, "pre-stop")))
        ending.start()
        wait_until(lambda: not (primary.run_dir / MARK_NAME).exists(), limit_seconds=SERVE_SECONDS - 1, what="the end of Redis is allowed")
        primary.redis.terminate()
        primary.sentinel.terminate()
        ending.join()
    assert time.monotonic() - began_at >= SERVE_SECONDS
    assert [reply.ok for reply in replies] == [True]
    assert result.failed() == []
    assert result.longest_gap() < 1
    result.check(instance)
    primary.start_redis()
    primary.start_sentinel()
    successor = instance.servers.wait_until_settled()
    assert successor.name == replies[0].primary
    wait_until((successor.run_dir / MARK_NAME).exists, what="the mark of the new primary")


def test_members_that_end_together_lose_nothing(instance: Instance, primary: Member) -> None:
    def end(member: Member) -> None:
        subcommand(member, "pre-stop")

    def end_servers(member: Member) -> None:
        wait_until(lambda: not (member.run_dir / MARK_NAME).exists(), limit_seconds=20, what="the end of Redis is allowed")
        member.redis.terminate()
        member.sentinel.terminate()

    members = [primary, *instance.servers.others(primary)]
    with counting(instance) as result:
        threads = [Thread(target=work, args=(member,)) for member in members for work in (end, end_servers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for member in members:
            member.start_redis()
            member.start_sentinel()
        instance.servers.wait_until_settled()
    result.check(instance)


def test_replica_that_ends_keeps_nobody_waiting(instance: Instance, primary: Member) -> None:
    replica = instance.servers.others(primary)[0]
    # Its Redis may be gone before its sidecar looks.
    replica.redis.terminate()
    began_at = time.monotonic()
    reply = subcommand(replica, "pre-stop")
    assert (reply.ok, reply.primary) == (True, primary.name)
    assert SERVE_SECONDS <= time.monotonic() - began_at < SERVE_SECONDS + 2
    replica.start_redis()
    assert instance.servers.wait_until_settled() is primary


def test_instance_of_one_member_has_no_report(sidecar: Sidecar) -> None:
    answer = httpx.get(f"{sidecar.origin}/member")
    assert answer.status_code == 404
    assert json.loads(answer.text)["error"] == "this process is not one of several members"
    assert "kuberedis_member_" not in httpx.get(f"{sidecar.origin}/metrics").text
