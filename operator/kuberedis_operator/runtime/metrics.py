"""Metrics in Prometheus' text format (https://prometheus.io/docs/instrumenting/exposition_formats/).

What happens is counted when it happens; a state, such as the length of the queue, is read at each scrape.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class _State(Collector):
    """What is read at each scrape."""

    def __init__(
        self, queued: Callable[[], int], conditions: Callable[[], Mapping[tuple[str, str], int]], age: Callable[[], float]
    ) -> None:
        self._queued = queued
        self._conditions = conditions
        self._age = age

    def collect(self) -> Iterator[Metric]:
        yield GaugeMetricFamily("kuberedis_operator_queue_length", "Instances that wait to be reconciled", value=self._queued())
        yield GaugeMetricFamily("kuberedis_operator_resync_age_seconds", "Seconds since the last successful resync", value=self._age())
        instances = GaugeMetricFamily("kuberedis_operator_instances", "Instances by condition", labels=("condition", "status"))
        for (condition, status), number in sorted(self._conditions().items()):
            instances.add_metric((condition, status), number)
        yield instances


class OperatorMetrics:
    """The counters of one operator, and the page that shows them."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self.reconciles = Counter("kuberedis_operator_reconciles", "Reconciles by result", ("result",), registry=self._registry)
        self.reconcile_seconds = Histogram(
            "kuberedis_operator_reconcile_duration_seconds", "Seconds that a reconcile took", buckets=_BUCKETS, registry=self._registry
        )
        self.requests = Counter(
            "kuberedis_operator_api_requests",
            "Requests to the Kubernetes API by verb, resource and status code (0: no answer)",
            ("verb", "resource", "code"),
            registry=self._registry,
        )
        self.watch_failures = Counter(
            "kuberedis_operator_watch_failures", "Watches that ended with an error, by resource", ("resource",), registry=self._registry
        )

    def observe(self, queued: Callable[[], int], conditions: Callable[[], Mapping[tuple[str, str], int]], age: Callable[[], float]) -> None:
        """Report these three at each scrape.

        Args:
            queued: length of the work queue.
            conditions: number of instances for each (condition, status).
            age: seconds since the last successful resync.
        """
        self._registry.register(_State(queued, conditions, age))

    def render(self) -> bytes:
        """The page that Prometheus scrapes."""
        return generate_latest(self._registry)
