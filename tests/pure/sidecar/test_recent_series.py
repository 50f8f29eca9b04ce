"""The last hour of an instance: how its points follow from counters, and which of them are kept."""

from math import isnan, nan
from typing import Any

import pytest

from kuberedis_core.recent import MOST_POINTS, SERIES, STEP_SECONDS, dump, load
from kuberedis_sidecar.api.model import Response
from kuberedis_sidecar.telemetry.recent_series import Reading, RecentSeries, point, quantile
from kuberedis_sidecar.telemetry.request_metrics import BUCKETS, RequestMetrics

INFO = {
    "cmdstat_get": "calls=600,usec=1,usec_per_call=0.1,rejected_calls=0,failed_calls=0",
    "cmdstat_set": "calls=400,usec=1,usec_per_call=0.1,rejected_calls=0,failed_calls=0",
    "cmdstat_info": "calls=9000,usec=1,usec_per_call=0.1,rejected_calls=0,failed_calls=0",
    "keyspace_hits": "100",
    "keyspace_misses": "50",
    "evicted_keys": "7",
    "used_memory": "2000000",
    "maxmemory": "4000000",
    "connected_clients": "3",
    "db0": "keys=12,expires=0,avg_ttl=0",
}


def figures(before: dict[str, str], after: dict[str, str], *requests: tuple[str, int, float]) -> dict[str, Any]:
    """The figures of a step of ten seconds with these requests: the route, the status and the seconds of each; None for NaN."""
    metrics = RequestMetrics()
    metrics.observe("/keys/{key}", "GET", Response(500, b""), 100)
    first = Reading.of(metrics, before)
    for route, status, seconds in requests:
        metrics.observe(route, "GET", Response(status, b""), seconds)
    values = point(first, Reading.of(metrics, after), 10)
    return {name: None if isnan(value) else value for name, value in zip(SERIES, values, strict=True)}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (INFO, INFO, {"commands_per_second": 0, "hit_ratio": None, "keys": 12, "evicted_per_second": 0, "connected_clients": 3}),
        (
            INFO,
            INFO | {"cmdstat_get": "calls=1100,usec=1", "keyspace_hits": "130", "keyspace_misses": "60", "evicted_keys": "27"},
            {"commands_per_second": 50, "hit_ratio": 0.75, "evicted_per_second": 2},
        ),
        (INFO, {"cmdstat_get": "calls=40,usec=1"}, {"commands_per_second": 4}),
        (INFO, INFO | {"cmdstat_info": "calls=9999,usec=1"}, {"commands_per_second": 0}),
        ({}, INFO, {"commands_per_second": None, "hit_ratio": None, "memory_used_bytes": 2e6, "memory_max_bytes": 4e6}),
        (INFO, {}, {"commands_per_second": None, "memory_used_bytes": None, "keys": None, "connected_clients": None}),
        (INFO, {"used_memory": "1"}, {"memory_used_bytes": 1, "keys": 0, "hit_ratio": None}),
        (
            INFO,
            INFO | {"used_memory": "much", "maxmemory": "inf", "db0": "keys=all"},
            {"memory_used_bytes": None, "memory_max_bytes": None},
        ),
        (INFO, INFO | {"db0": "keys=all"}, {"keys": None}),
    ],
)
def test_figures_of_redis(before: dict[str, str], after: dict[str, str], expected: dict[str, Any]) -> None:
    found = figures(before, after)
    assert {name: found[name] for name in expected} == expected


def test_requests_are_counted_by_what_became_of_them() -> None:
    refused = [("unauthorized", status, 0.0001) for status in (401, 403, 413, 429)]
    found = figures(INFO, INFO, ("/get", 200, 0.0001), ("/get", 404, 0.0001), ("/get", 503, 0.0001), ("/get", 500, 0.0001), *refused)
    assert (found["requests_per_second"], found["errors_per_second"], found["refused_per_second"]) == (0.8, 0.2, 0.4)
    idle = figures(INFO, INFO)
    assert (idle["requests_per_second"], idle["latency_p50_seconds"], idle["latency_p99_seconds"]) == (0, None, None)


def test_latency_is_that_of_requests_and_not_of_streams() -> None:
    found = figures(INFO, INFO, *[("/get", 200, 0.0003)] * 99, ("/get", 200, 0.8), ("/subscribe", 200, 600))
    assert found["latency_p50_seconds"] == pytest.approx(0.00025, rel=0.02)
    assert found["latency_p99_seconds"] == pytest.approx(0.0005)


@pytest.mark.parametrize(
    ("part", "counts", "expected"),
    [
        (0.5, {}, None),
        (0.5, {0: 4}, BUCKETS[0] / 2),
        (0.99, {0: 4}, BUCKETS[0] * 0.99),
        (0.5, {0: 1, 3: 2}, BUCKETS[2] + (BUCKETS[3] - BUCKETS[2]) / 4),
        (0.99, {len(BUCKETS): 1}, BUCKETS[-1]),
        (0.5, {len(BUCKETS) - 1: 1, len(BUCKETS): 9}, BUCKETS[-1]),
    ],
)
def test_quantile_is_interpolated_within_a_bucket(part: float, counts: dict[int, int], expected: float | None) -> None:
    found = quantile(part, [counts.get(number, 0) for number in range(len(BUCKETS) + 1)])
    assert isnan(found) if expected is None else found == pytest.approx(expected)


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([], []),
        ([7], [7]),
        ([7, 8, 9], [7, 8, 9]),
        ([7, 9, 12], [7, None, 9, None, None, 12]),
        ([1000, 7, 8], [1000, 7, 8]),
        ([7, 7], [7, 7]),
        (range(1, 1000), list(range(1000 - MOST_POINTS, 1000))),
        ([1, 10**8], [None] * (MOST_POINTS - 1) + [10**8]),
    ],
)
def test_an_hour_of_steps_is_kept(steps: list[int], expected: list[int | None]) -> None:
    series = RecentSeries()
    for step in steps:
        series.add(step, [float(step)] * len(SERIES))
    read = load(dump(series.document("my-cache")))
    assert all(list(read.series[name]) == expected for name in SERIES)
    assert read.now == (steps[-1] * STEP_SECONDS if expected else 0)


def test_an_hour_takes_little_memory_and_little_text() -> None:
    series = RecentSeries()
    for step in range(MOST_POINTS * 2):
        series.add(step, [123456789012.0 / 7 if step % 3 else nan] * len(SERIES))
    assert sum(points.itemsize * len(points) for points in series.document("a").series.values()) <= 35_000  # type: ignore[attr-defined]
    assert len(dump(series.document("a"))) < 64_000
