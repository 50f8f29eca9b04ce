"""Metrics in Prometheus' text format (https://prometheus.io/docs/instrumenting/exposition_formats/).

What happens is counted when it happens; a state, such as the length of the queue, is read at each scrape.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Protocol

import prometheus_client
from prometheus_client import CollectorRegistry, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Observable(Protocol):
    """What is read of a controller at each scrape."""

    def queue_length(self) -> int:
        """Number of objects that wait to be reconciled."""

    def condition_counts(self) -> Counter[tuple[str, str]]:
        """Number of objects for each type and status of a condition."""

    def resync_age(self) -> float:
        """Seconds since the last successful resync, or since the start."""


class _State(Collector):
    """What is read at each scrape, of all controllers together."""

    def __init__(self) -> None:
        self.observed: list[Observable] = []

    def collect(self) -> Iterator[Metric]:
        queued = sum(each.queue_length() for each in self.observed)
        age = max((each.resync_age() for each in self.observed), default=0.0)
        counts = sum((each.condition_counts() for each in self.observed), Counter[tuple[str, str]]())
        yield GaugeMetricFamily("kuberedis_operator_queue_length", "Instances that wait to be reconciled", value=queued)
        yield GaugeMetricFamily("kuberedis_operator_resync_age_seconds", "Seconds since the last successful resync", value=age)
        instances = GaugeMetricFamily("kuberedis_operator_instances", "Instances by condition", labels=("condition", "status"))
        for (condition, status), number in sorted(counts.items()):
            instances.add_metric((condition, status), number)
        yield instances


class OperatorMetrics:
    """The counters of one operator, and the page that shows them."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._state = _State()
        self._registry.register(self._state)
        self.reconciles = prometheus_client.Counter(
            "kuberedis_operator_reconciles", "Reconciles by result", ("result",), registry=self._registry
        )
        self.reconcile_seconds = Histogram(
            "kuberedis_operator_reconcile_duration_seconds", "Seconds that a reconcile took", buckets=_BUCKETS, registry=self._registry
        )
        self.requests = prometheus_client.Counter(
            "kuberedis_operator_api_requests",
            "Requests to the Kubernetes API by verb, resource and status code (0: no answer)",
            ("verb", "resource", "code"),
            registry=self._registry,
        )
        self.watch_failures = prometheus_client.Counter(
            "kuberedis_operator_watch_failures", "Watches that ended with an error, by resource", ("resource",), registry=self._registry
        )
        self.takeovers = prometheus_client.Counter(
            "kuberedis_operator_takeovers",
            "Members that became the primary, as the operator saw it, by reason of its Event",
            ("reason",),
            registry=self._registry,
        )
        self.reports = prometheus_client.Counter(
            "kuberedis_operator_member_reports", "Reports of members that were asked for, by result", ("result",), registry=self._registry
        )

    def observe(self, controller: Observable) -> None:
        """Report the state of `controller` at each scrape."""
        self._state.observed.append(controller)

    def render(self) -> bytes:
        """The page that Prometheus scrapes."""
        return generate_latest(self._registry)
