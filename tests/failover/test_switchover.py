"""What users of an instance see of a planned switchover: nothing. And what the sidecars say of it."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from threading import Event, Thread

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from kuberedis_core import member_report
from kuberedis_core.member_control import MARK_NAME, ControlReply, load_reply
from kuberedis_core.member_report import MemberReport
from kuberedis_sidecar.replication.departure import SERVE_SECONDS
from tests.failover.conftest import Instance
from tests.harness.replicated import Member
from tests.harness.sidecar import Sidecar
from tests.harness.waiting import wait_until

pytestmark = pytest.mark.slow

LIMIT_SECONDS = 30
PAUSE_SECONDS = 0.005


class Writer:
    """Writes keys of its own through one sidecar, one after the other, and records when and with which status each was answered."""

    def __init__(self, sidecar: Sidecar, name: str) -> None:
        self.answers: list[tuple[float, str, int]] = []
        self._sidecar = sidecar
        self._name = name
        self._stop = Event()
        self._thread = Thread(target=self._write)
        self._thread.start()

    def end(self) -> None:
        """Stop writing."""
        self._stop.set()
        self._thread.join()

    def _write(self) -> None:
        with httpx.Client(base_url=self._sidecar.url, headers={"Authorization": f"Bearer {self._sidecar.api_key}"}) as client:
            for number in iter(lambda: len(self.answers), None):
                if self._stop.wait(PAUSE_SECONDS):
                    break
                key = f"{self._name}:{number}"
                status = client.post(f"/set/{key}/value", timeout=LIMIT_SECONDS).status_code
                self.answers.append((time.monotonic(), key, status))


@contextmanager
def writing(instance: Instance) -> Iterator[list[Writer]]:
    """Write through every sidecar until the end of the block."""
    writers = [Writer(sidecar, f"{name}-{number}") for name, sidecar in instance.sidecars.items() for number in range(2)]
    try:
        wait_for_answers(writers)
        yield writers
        wait_for_answers(writers)
    finally:
        for writer in writers:
            writer.end()


def wait_for_answers(writers: list[Writer], more: int = 5) -> None:
    """Wait until each writer has more answers than now."""
    wanted = [len(writer.answers) + more for writer in writers]
    wait_until(
        lambda: all(len(writer.answers) >= number for writer, number in zip(writers, wanted, strict=True)),
        limit_seconds=LIMIT_SECONDS,
        what="answers to every writer",
    )


def check(instance: Instance, writers: list[Writer], since: float) -> None:
    """Every write was answered 200 and is there, and there was never a long time without an answer."""
    answers = sorted(answer for writer in writers for answer in writer.answers)
    assert {status for _, _, status in answers} == {200}
    assert max(later - earlier for (earlier, *_), (later, *_) in pairwise(answers) if later >= since) < 1
    primary = instance.servers.wait_until_settled()
    with primary.client() as client:
        assert None not in client.mget([key for _, key, _ in answers])


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


def test_no_request_fails_and_no_write_is_lost(instance: Instance) -> None:
    primary = instance.servers.wait_until_settled()
    with writing(instance) as writers:
        began_at = time.monotonic()
        reply = subcommand(primary, "switchover")
        assert reply.ok, reply
    check(instance, writers, began_at)
    successor = instance.servers.wait_until_settled()
    assert (reply.primary, successor is primary) == (successor.name, False)
    wait_until((successor.run_dir / MARK_NAME).exists, what="the mark of the new primary")
    wait_until(lambda: not (primary.run_dir / MARK_NAME).exists(), what="no mark of the old one")


def test_reports_and_metrics_say_which_member_is_the_primary(instance: Instance) -> None:
    primary = instance.servers.wait_until_settled()
    replica = instance.servers.others(primary)[0]
    changes = report(instance.sidecar_of(primary)).failovers
    assert subcommand(primary, "switchover").ok
    successor = instance.servers.wait_until_settled()
    for member in instance.servers:
        sidecar = instance.sidecar_of(member)
        wait_until(lambda sidecar=sidecar: report(sidecar).primary == successor.name, what="the report of every member")  # type: ignore[misc]
        said = report(sidecar)
        assert (said.name, said.role) == (member.name, "primary" if member is successor else "replica")
        assert (said.in_sync, said.linked, said.last_change, said.failovers) == (True, True, "switchover", changes + 1)
        measured = metrics(sidecar)
        assert measured[said.role] == measured["kuberedis_member_in_sync"] == measured["kuberedis_member_linked"] == 1
        assert measured["kuberedis_member_failovers_total"] == changes + 1
    assert metrics(instance.sidecar_of(replica)).keys() >= {"kuberedis_member_sentinel_up", "kuberedis_member_quorum"}


def test_switchover_is_refused_with_the_reason(instance: Instance) -> None:
    primary = instance.servers.wait_until_settled()
    replica = instance.servers.others(primary)[0]
    wait_until(lambda: report(instance.sidecar_of(replica)).primary == primary.name, what="the primary in a replica's report")
    refused = subcommand(replica, "switchover")
    assert (refused.reason, refused.primary) == ("not-primary", primary.name)
    assert subcommand(primary, "switchover", "--to", primary.name).reason == "is-primary"
    assert subcommand(primary, "switchover", "--to", "somebody").reason == "unknown-member"
    assert subcommand(primary, "prefer").reason == "is-primary"
    assert instance.servers.settled() is primary


def test_member_that_ends_hands_over_and_serves_until_no_more_requests_come(instance: Instance) -> None:
    primary = instance.servers.wait_until_settled()
    with writing(instance) as writers:
        began_at = time.monotonic()
        ending = Thread(target=lambda: replies.append(subcommand(primary, "pre-stop")))
        replies: list[ControlReply] = []
        ending.start()
        wait_until(lambda: not (primary.run_dir / MARK_NAME).exists(), limit_seconds=SERVE_SECONDS - 1, what="the end of Redis is allowed")
        primary.redis.terminate()
        primary.sentinel.terminate()
        ending.join()
    assert time.monotonic() - began_at >= SERVE_SECONDS
    assert [reply.ok for reply in replies] == [True]
    primary.start_redis()
    primary.start_sentinel()
    check(instance, writers, began_at)


def test_instance_of_one_member_has_no_report(sidecar: Sidecar) -> None:
    answer = httpx.get(f"{sidecar.origin}/member")
    assert answer.status_code == 404
    assert json.loads(answer.text)["error"] == "this process is not one of several members"
    assert "kuberedis_member_" not in httpx.get(f"{sidecar.origin}/metrics").text
