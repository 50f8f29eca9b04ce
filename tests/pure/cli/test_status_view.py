"""The report of `kuberedis status` as text and as JSON."""

import json
from dataclasses import replace
from typing import Any

import pytest

from kuberedis_cli.cluster.redis_stats import RedisStats
from kuberedis_cli.cluster.status import report, view
from kuberedis_cli.cluster.status.report import Report
from kuberedis_core.member_report import MemberReport

INSTANCE: dict[str, Any] = {
    "metadata": {"name": "cache", "namespace": "team"},
    "spec": {"capacity": "1Gi"},
    "status": {
        "url": "https://redis.example.com/instances/cache",
        "version": "8",
        "capacity": "1Gi",
        "maxmemory": "512Mi",
        "memoryLimit": "832Mi",
        "conditions": [{"type": "Ready", "status": "True", "reason": "Serving", "message": "it serves [1]"}],
    },
}
STATS = RedisStats(
    memory_used_bytes=2**20,
    memory_max_bytes=2**29,
    keys=1234,
    connected_clients=7,
    keyspace_hits=3,
    keyspace_misses=1,
    refused_settings=0,
)


def made(redis: RedisStats | None = STATS, notes: tuple[str, ...] = ()) -> Report:
    return report.make(INSTANCE, [], [], {} if redis is None else {"cache-0": redis}, {}, notes)


def text(found: Report, capsys: pytest.CaptureFixture[str]) -> list[str]:
    view.print_text(found)
    return [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]


def test_the_text_has_what_a_person_asks_first(capsys: pytest.CaptureFixture[str]) -> None:
    lines = text(made(), capsys)
    assert "url https://redis.example.com/instances/cache" in lines
    assert "memory 1Mi of 512Mi (0%), container limit 832Mi" in lines
    assert {"keys 1,234", "clients 7", "hit rate 75.0%", "pod there is none"} <= set(lines)
    assert "Ready True Serving - it serves [1]" in lines


def test_who_may_not_look_at_pods_is_not_told_that_there_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    lines = text(report.make(INSTANCE, None, [], {}, {}, ["the pods: forbidden"]), capsys)
    assert {"pod not known: you may not look at pods", "note: not known: the pods: forbidden"} <= set(lines)


def test_members_have_a_table_of_their_own(capsys: pytest.CaptureFixture[str]) -> None:
    instance = {**INSTANCE, "spec": {"capacity": "1Gi", "replicas": 3}}
    reports = {
        "cache-0": MemberReport(name="cache-0", role="replica", linked=True, in_sync=False, offset=5, lag_bytes=3 * 2**20),
        "cache-1": MemberReport(name="cache-1", role="primary", linked=True, in_sync=True, offset=9, lag_bytes=0),
    }
    lines = text(report.make(instance, [], [], {}, reports, []), capsys)
    table = lines[lines.index("MEMBER ROLE LINK IN SYNC OFFSET LAG") :]
    assert "primary cache-1" in lines
    assert table[1:4] == ["cache-0 replica up no 5 3Mi", "cache-1 primary up yes 9 0", "cache-2 - - - - -"]
    assert not any(line.startswith("MEMBER") for line in text(made(), capsys))


def test_what_is_not_known_is_a_dash_and_a_note_gives_the_reason(capsys: pytest.CaptureFixture[str]) -> None:
    lines = text(made(None, ("events: forbidden",)), capsys)
    assert {"keys -", "clients -", "hit rate -", "memory - of 512Mi, container limit 832Mi"} <= set(lines)
    assert "note: not known: events: forbidden" in lines


def test_settings_that_redis_refuses_are_shown_with_the_log_to_read(capsys: pytest.CaptureFixture[str]) -> None:
    lines = text(made(replace(STATS, refused_settings=2)), capsys)
    assert any(
        line.startswith("config Redis refuses 2 of its settings") and "kubectl -n team logs cache-0 -c sidecar" in line for line in lines
    )


@pytest.mark.parametrize(("redis", "hit_rate"), [(STATS, 0.75), (replace(STATS, keyspace_hits=0, keyspace_misses=0), None)])
def test_the_json_has_the_statistics_as_figures(redis: RedisStats, hit_rate: float | None, capsys: pytest.CaptureFixture[str]) -> None:
    view.print_json(made(redis))
    found = json.loads(capsys.readouterr().out)
    assert (found["name"], found["namespace"], found["ready"]) == ("cache", "team", "True")
    assert (found["figures"]["keys"], found["figures"]["hit_rate"]) == (1234, hit_rate)


def test_the_json_without_statistics_has_none(capsys: pytest.CaptureFixture[str]) -> None:
    view.print_json(made(None))
    assert json.loads(capsys.readouterr().out)["figures"] is None
