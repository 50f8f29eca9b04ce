"""Metrics in Prometheus' text format (https://prometheus.io/docs/instrumenting/exposition_formats/).

Requests are counted in plain dictionaries, which is what the hot path can afford; they become metric families when scraped.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from kuberedis_sidecar.telemetry import member_metrics
from kuberedis_sidecar.telemetry.member_metrics import MemberSnapshot

BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds of the buckets of durations, in seconds; one more bucket has what took longer."""
_METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

# Field of INFO, name of the metric, its help, and whether it is a counter.
_INFO: tuple[tuple[str, str, str, bool], ...] = (
    ("used_memory", "redis_memory_used_bytes", "Bytes that Redis has allocated", False),
    ("maxmemory", "redis_memory_max_bytes", "Redis' maxmemory in bytes, 0 for none", False),
    ("connected_clients", "redis_connected_clients", "Client connections of Redis", False),
    ("keyspace_hits", "redis_keyspace_hits", "Successful lookups of keys", True),
    ("keyspace_misses", "redis_keyspace_misses", "Failed lookups of keys", True),
    ("evicted_keys", "redis_evicted_keys", "Keys evicted because of maxmemory", True),
    ("expired_keys", "redis_expired_keys", "Keys that expired", True),
)


class _Series:
    __slots__ = ("buckets", "seconds")

    def __init__(self) -> None:
        self.buckets = [0] * (len(BUCKETS) + 1)
        self.seconds = 0.0


class RequestMetrics:
    """The requests of one instance and their durations, by route, method and status."""

    __slots__ = ("_series",)

    def __init__(self) -> None:
        self._series: dict[tuple[str, str, int], _Series] = {}

    def observe(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count a request of `seconds`."""
        key = (route, method, status)
        series = self._series.get(key)
        if series is None:
            if method not in _METHODS:
                key = (route, "other", status)
            series = self._series.setdefault(key, _Series())
        series.buckets[bisect_left(BUCKETS, seconds)] += 1
        series.seconds += seconds

    def rows(self) -> Iterator[tuple[str, str, int, list[int], float]]:
        """Route, method, status, requests in each bucket (not cumulative), and the sum of seconds."""
        for (route, method, status), series in self._series.items():
            yield route, method, status, series.buckets, series.seconds


@dataclass(slots=True)
class Snapshot:
    """The state of one instance at a scrape."""

    instance: str
    requests: RequestMetrics
    redis_up: bool
    in_flight: int
    grants: int
    blocking: int
    subscribers: int
    refused_settings: int
    info: Mapping[str, str]
    """The fields of Redis' INFO; empty when there was no reply."""
    member: MemberSnapshot | None = None
    """None for an instance of one member."""


def render(snapshots: Iterable[Snapshot]) -> bytes:
    """The page that Prometheus scrapes."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    registry.register(_Collector(list(snapshots)))
    return generate_latest(registry)


class _Collector:
    def __init__(self, snapshots: list[Snapshot]) -> None:
        self._snapshots = snapshots

    def collect(self) -> Iterator[Metric]:
        members = [each.member.report.name for each in self._snapshots if each.member is not None]
        if len(members) <= 1:
            yield from self._families()
            return
        # One process has several members of an instance, as in local mode: then a label tells their series apart.
        merged: dict[str, Metric] = {}
        for snapshot in self._snapshots:
            label = {"member": snapshot.member.report.name} if snapshot.member is not None else {}
            for family in _Collector([snapshot]).collect():
                family.samples = [sample._replace(labels={**sample.labels, **label}) for sample in family.samples]
                merged.setdefault(family.name, Metric(family.name, family.documentation, family.type)).samples.extend(family.samples)
        yield from merged.values()

    def _families(self) -> Iterator[Metric]:
        yield from self._requests()
        yield from self._gateway()
        yield from self._redis()
        yield from member_metrics.families([each.member for each in self._snapshots if each.member is not None])

    def _requests(self) -> Iterator[Metric]:
        total = CounterMetricFamily("kuberedis_http_requests", "HTTP requests answered", labels=["name", "route", "method", "status"])
        duration = HistogramMetricFamily(
            "kuberedis_http_request_duration_seconds", "Seconds from a request to its answer", labels=["name", "route", "method"]
        )
        for snapshot in self._snapshots:
            merged: dict[tuple[str, str], tuple[list[int], float]] = {}
            for route, method, status, buckets, seconds in snapshot.requests.rows():
                total.add_metric([snapshot.instance, route, method, str(status)], sum(buckets))
                known, sum_seconds = merged.get((route, method), ([0] * len(buckets), 0.0))
                merged[route, method] = [a + b for a, b in zip(known, buckets, strict=True)], sum_seconds + seconds
            for (route, method), (buckets, seconds) in merged.items():
                duration.add_metric([snapshot.instance, route, method], list(_cumulative(buckets)), sum_value=seconds)
        yield total
        yield duration

    def _gateway(self) -> Iterator[Metric]:
        gauges = (
            ("kuberedis_redis_up", "Whether the gateway is connected to Redis", lambda s: int(s.redis_up)),
            ("kuberedis_commands_in_flight", "Batches of commands sent to Redis that wait for replies", lambda s: s.in_flight),
            ("kuberedis_grants", "Distinct grants in use, each with a connection to Redis", lambda s: s.grants),
            ("kuberedis_blocking_connections", "Connections in use by commands that may block", lambda s: s.blocking),
            ("kuberedis_subscribers", "Open event streams", lambda s: s.subscribers),
            ("kuberedis_redis_settings_refused", "Settings of the settings file that Redis refused", lambda s: s.refused_settings),
        )
        for name, text, value in gauges:
            family = GaugeMetricFamily(name, text, labels=["name"])
            for snapshot in self._snapshots:
                family.add_metric([snapshot.instance], value(snapshot))
            yield family

    def _redis(self) -> Iterator[Metric]:
        for field, name, text, is_counter in _INFO:
            kind = CounterMetricFamily if is_counter else GaugeMetricFamily
            family = kind(f"kuberedis_{name}", text, labels=["name"])
            for snapshot in self._snapshots:
                if field in snapshot.info:
                    family.add_metric([snapshot.instance], float(snapshot.info[field]))
            yield family
        keys = GaugeMetricFamily("kuberedis_redis_keys", "Keys in the database", labels=["name"])
        role = GaugeMetricFamily("kuberedis_redis_role", "1 for the role of the Redis server", labels=["name", "role"])
        for snapshot in self._snapshots:
            if snapshot.info:
                keys.add_metric([snapshot.instance], keys_in(snapshot.info.get("db0", "")))
                role.add_metric([snapshot.instance, snapshot.info.get("role", "unknown")], 1)
        yield keys
        yield role


def _cumulative(buckets: list[int]) -> Iterator[tuple[str, float]]:
    total = 0
    for bound, count in zip((*map(str, BUCKETS), "+Inf"), buckets, strict=True):
        total += count
        yield bound, total


def keys_in(db0: str) -> int:
    """The number of keys in INFO's ``keys=3,expires=0,…``, which is absent while there are none."""
    return int(dict(part.split("=", 1) for part in db0.split(",") if "=" in part).get("keys", 0))
