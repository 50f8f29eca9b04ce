"""The page that Prometheus scrapes, from what is known of instances, and the reference of its metrics in docs/reference/metrics.md."""

import re
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from kuberedis_core.member_report import CertificatesReport, MemberReport
from kuberedis_core.redis_info import parse_info
from kuberedis_core.version import VERSION
from kuberedis_sidecar.api.error_responses import failure
from kuberedis_sidecar.api.model import Response
from kuberedis_sidecar.errors import Limit, TooManyRequests
from kuberedis_sidecar.telemetry.command_metrics import MAX_COMMANDS, OTHER, CommandStatistics
from kuberedis_sidecar.telemetry.member_metrics import MemberSnapshot
from kuberedis_sidecar.telemetry.metrics import Snapshot, render
from kuberedis_sidecar.telemetry.request_metrics import RequestMetrics

REFERENCE = Path(__file__).parents[3] / "docs/reference/metrics.md"

INFO = parse_info(
    """\
redis_version:7.0.15
uptime_in_seconds:77
connected_clients:3
maxclients:10000
blocked_clients:1
used_memory:1000000
used_memory_rss:3000000
maxmemory:4000000
maxmemory_policy:allkeys-lru
mem_fragmentation_ratio:3.02
loading:0
rdb_changes_since_last_save:12
rdb_last_save_time:1795816989
rdb_last_bgsave_status:ok
aof_last_bgrewrite_status:ok
aof_last_write_status:err
aof_delayed_fsync:4
total_commands_processed:900
rejected_connections:2
expired_keys:5
evicted_keys:6
keyspace_hits:7
keyspace_misses:8
role:master
connected_slaves:2
used_cpu_sys:0.5
used_cpu_user:1.25
cmdstat_get:calls=10,usec=2000000,usec_per_call=200000.00,rejected_calls=1,failed_calls=2
cmdstat_config|get:calls=5,usec=10,usec_per_call=2.00,rejected_calls=0,failed_calls=0
cmdstat_xgroup|create:calls=2,usec=10,usec_per_call=5.00,rejected_calls=0,failed_calls=1
cmdstat_xgroup|destroy:calls=3,usec=10,usec_per_call=3.33
db0:keys=30,expires=20,avg_ttl=0
"""
)
Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def snapshot(instance: str = "my-cache", **fields: Any) -> Snapshot:
    return Snapshot(**{"instance": instance, "requests": RequestMetrics(), "info": INFO, **fields})


def samples(*snapshots: Snapshot) -> Samples:
    """The samples of the page about these instances, parsed as Prometheus parses it; without those of the process."""
    families = text_string_to_metric_families(render(snapshots).decode())
    parsed = [sample for family in families for sample in family.samples if not sample.name.startswith("process_")]
    found = {(sample.name, frozenset(sample.labels.items())): sample.value for sample in parsed}
    assert len(found) == len(parsed)
    return found


def of(page: Samples, name: str, **labels: str) -> float:
    return page[name, frozenset(({"name": "my-cache"} | labels).items())]


def test_each_exported_metric_is_in_the_reference_and_each_of_the_reference_is_exported() -> None:
    certificates = CertificatesReport(not_after="2031-01-01T00:00:00Z")
    report = MemberReport(name="my-cache-0", lag_bytes=1, lag_seconds=0.1, certificates=certificates)
    requests = RequestMetrics()
    requests.observe("/keys/{key}", "GET", Response(200, b""), 0.1)
    full = snapshot(
        requests=requests, slowlog=1, commands=CommandStatistics().read(INFO), member=MemberSnapshot(report, held=0, tls_failures=0)
    )
    exported = set(re.findall(r"^# TYPE (kuberedis_\w+)", render([full]).decode(), re.MULTILINE))
    of_sidecars = REFERENCE.read_text(encoding="utf-8").partition("## The operator")[0]
    assert set(re.findall(r"\bkuberedis_\w+", of_sidecars)) == exported


@pytest.mark.parametrize(
    ("name", "labels", "value"),
    [
        ("redis_memory_rss_bytes", {}, 3e6),
        ("redis_memory_fragmentation_ratio", {}, 3.02),
        ("redis_eviction_policy", {"policy": "allkeys-lru"}, 1),
        ("redis_cpu_seconds_total", {"mode": "user"}, 1.25),
        ("redis_cpu_seconds_total", {"mode": "system"}, 0.5),
        ("redis_keys", {}, 30),
        ("redis_expiring_keys", {}, 20),
        ("redis_slowlog_length", {}, 9),
        ("redis_aof_last_write_ok", {}, 0),
        ("redis_aof_last_rewrite_ok", {}, 1),
        ("redis_rdb_last_save_timestamp_seconds", {}, 1795816989),
        ("redis_role", {"role": "master"}, 1),
        ("build_info", {"version": VERSION, "redis_version": "7.0.15"}, 1),
    ],
)
def test_fields_of_info(name: str, labels: dict[str, str], value: float) -> None:
    assert of(samples(snapshot(slowlog=9)), f"kuberedis_{name}", **labels) == value


def test_an_empty_database_has_no_keys_and_redis_that_says_nothing_has_no_figures() -> None:
    assert of(samples(snapshot(info={"role": "master"})), "kuberedis_redis_keys") == 0
    assert not [name for name, _ in samples(snapshot(info={})) if name.startswith("kuberedis_redis_keys")]


HOSTILE = {
    "used_memory": "much",
    "maxmemory": "nan",
    "connected_clients": "inf",
    "role": 'master"} 1\nforged_metric{a="',
    "maxmemory_policy": "x" * 1000,
    "redis_version": "7\n8",
    "db0": "keys=many,expires,=",
    "cmdstat_get": "calls=many,usec=1",
    "cmdstat_set": "nothing",
    'cmdstat_a"b\n': "calls=3,usec=1,usec_per_call=0.33",
    "cmdstat_" + "z" * 1000: "calls=4,usec=1,usec_per_call=0.25",
}


def test_whatever_redis_says_the_page_can_be_read() -> None:
    page = samples(snapshot(info=HOSTILE, commands=CommandStatistics().read(HOSTILE)))
    assert {value for name, labels in page for label, value in labels if label in ("role", "policy", "redis_version")} == {"unknown"}
    assert not {name for name, _ in page} & {"kuberedis_redis_memory_used_bytes", "kuberedis_redis_memory_max_bytes", "forged_metric"}
    assert of(page, "kuberedis_redis_keys") == 0
    assert of(page, "kuberedis_commands_total", command=OTHER) == 7


def test_commands_are_counted_by_name_without_subcommand_and_without_those_of_the_platform() -> None:
    page = samples(snapshot(commands=CommandStatistics().read(INFO)))
    assert of(page, "kuberedis_commands_total", command="get") == 11
    assert of(page, "kuberedis_commands_failed_total", command="get") == 3
    assert of(page, "kuberedis_command_seconds_total", command="get") == 2
    assert of(page, "kuberedis_commands_total", command="xgroup") == 5
    assert {dict(labels)["command"] for name, labels in page if name == "kuberedis_commands_total"} == {"get", "xgroup"}


def test_names_of_commands_are_bounded_and_no_counter_goes_down() -> None:
    statistics = CommandStatistics()
    many = {f"cmdstat_module.{number}": "calls=1,usec=1,usec_per_call=1.00" for number in range(MAX_COMMANDS + 88)}
    before = statistics.read(many)
    after = statistics.read({**dict(reversed(many.items())), "cmdstat_get": "calls=1,usec=1,usec_per_call=1.00"})
    assert len(before) == len(after) == MAX_COMMANDS + 1
    assert (before[OTHER].calls, after[OTHER].calls) == (88, 89)
    assert before.keys() == after.keys()


def test_refusals_are_counted_by_cause() -> None:
    requests = RequestMetrics()
    for status in (200, 400, 401, 401, 403, 404, 413, 429, 503, 507):
        requests.observe("/keys/{key}", "GET", Response(status, b""), 0.1)
    for limit in (Limit.MEMORY, Limit.BLOCKING):
        requests.refuse(failure(TooManyRequests("too many", limit)))
    requests.refuse(Response(200, b""))
    page = samples(snapshot(requests=requests))
    counts = {dict(labels)["cause"]: count for (name, labels), count in page.items() if name == "kuberedis_http_refused_requests_total"}
    assert counts == {
        "unauthorized": 2,
        "forbidden": 1,
        "too_large": 1,
        "limit_requests": 0,
        "limit_blocking": 1,
        "limit_subscribers": 0,
        "limit_memory": 1,
        "limit_scripts": 0,
        "unavailable": 1,
        "out_of_memory": 1,
    }


def test_the_part_of_redis_is_counted_apart_wherever_it_differs() -> None:
    requests = RequestMetrics()
    requests.observe("/keys/{key}", "GET", Response(200, b"12345"), 0.002, 0.002)
    requests.observe("/keys/{key}", "GET", Response(200, b"12345"), 0.2, 0.03)
    requests.observe("/keys/{key}", "GET", Response(503, b""), 3)
    requests.redis.observe(0.7)
    list(requests.counted([b"123", b"456"]))
    page = samples(snapshot(requests=requests))
    whole, part = "kuberedis_http_request_duration_seconds", "kuberedis_redis_duration_seconds"
    keys = {"route": "/keys/{key}", "method": "GET"}
    assert of(page, f"{whole}_count", **keys) == of(page, f"{part}_count") == 3
    assert of(page, f"{whole}_sum", **keys) == pytest.approx(3.202)
    assert of(page, f"{part}_sum") == pytest.approx(0.732)
    assert [of(page, f"{part}_bucket", le=bound) for bound in ("0.001", "0.0025", "0.05", "0.5", "1.0", "+Inf")] == [0, 1, 2, 2, 3, 3]
    assert of(page, "kuberedis_http_requests_total", status="200", **keys) == 2
    assert of(page, "kuberedis_http_sent_bytes_total") == 16


def test_members_in_one_process_are_told_apart_and_instances_by_their_name() -> None:
    members = [snapshot(member=MemberSnapshot(MemberReport(name=f"my-cache-{number}"), held=number)) for number in range(3)]
    page = samples(*members, snapshot("single"))
    assert [of(page, "kuberedis_commands_held", member=f"my-cache-{number}") for number in range(3)] == [0, 1, 2]
    assert ("kuberedis_redis_keys", frozenset({("name", "single")})) in page
    assert of(samples(members[1]), "kuberedis_commands_held") == 1
