"""The report of a member: what the sidecar writes, the operator reads, and nothing else."""

import json
from typing import Any

import pytest

from kuberedis_core.member_report import CertificatesReport, MemberReport, ReplicaView, SentinelReport, dump, load

REPORT = MemberReport(
    name="my-cache-1",
    role="replica",
    primary="my-cache-0",
    linked=True,
    in_sync=True,
    eligible=True,
    offset=12345,
    lag_bytes=7,
    lag_seconds=0.3,
    failovers=2,
    last_change="switchover",
    sentinel=SentinelReport(
        up=True, primary="my-cache-0", has_quorum=True, epoch=3, replicas={"my-cache-1": ReplicaView(eligible=True, down=False)}
    ),
    certificates=CertificatesReport(redis="ab", trusted=("cd",), not_after="2026-01-01T00:00:00Z"),
)


def changed(**fields: Any) -> bytes:
    return json.dumps({**json.loads(dump(REPORT)), **fields}).encode()


def test_a_report_is_read_as_it_was_written() -> None:
    assert load(dump(REPORT)) == REPORT
    assert load(dump(MemberReport(name="a"))) == MemberReport(name="a")


def test_what_a_newer_sidecar_says_beside_is_left_out() -> None:
    assert load(changed(temperature=21)) == REPORT


HOSTILE = {
    "no JSON": b"<html>",
    "too deep": b"[" * 100_000,
    "a list": b"[]",
    "no name": b"{}",
    "a name that is no text": changed(name=["my-cache-1"]),
    "a long name": changed(name="x" * 10_000),
    "a role that there is not": changed(role="emperor"),
    "a number in place of a truth value": changed(in_sync=1),
    "a truth value in place of a number": changed(offset=True),
    "a number without end": changed(offset=10**400),
    "a lag that is no number": changed(lag_seconds=float("nan")),
    "a text in place of a number": changed(lag_bytes="7"),
    "a Sentinel that is a list": changed(sentinel=[]),
    "a list of things": changed(sentinel={"replicas": {"a": {"eligible": "yes", "down": False}}}),
    "many replicas": changed(sentinel={"replicas": {str(number): {"eligible": True, "down": False} for number in range(99)}}),
    "certificates that are a text": changed(certificates="all"),
    "authorities that are no texts": changed(certificates={"trusted": [1]}),
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_anything_else_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        load(content)
