"""Metrics in Prometheus' text format (https://prometheus.io/docs/instrumenting/exposition_formats/).

What happens is counted when it happens; a state, such as the length of the queue, is read at each scrape.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal, Protocol, get_args

import prometheus_client
from prometheus_client import CollectorRegistry, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from kuberedis_core.version import VERSION
from kuberedis_operator.status.events import TAKEOVERS

Result = Literal["ok", "refused", "unavailable", "fault"]
"""How a reconcile ended: as it should; the API server refused something, or did not answer; a bug of the operator."""

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Observable(Protocol):
    """What is read of a controller at each scrape."""

    def queue_length(self) -> int:
        """Number of objects that wait to be reconciled."""

    def oldest_seconds(self) -> float:
        """How long the object has waited that waits longest; 0 if none waits."""

    def resync_age(self) -> float:
        """Seconds since the last successful resync, or since the start."""

    def last_resync(self) -> float:
        """Unix time of the last successful resync; 0 before the first."""

    def resync_interval(self) -> float:
        """Seconds between two resyncs."""


class _State(Collector):
    """What is read at each scrape, of all controllers together."""

    def __init__(self) -> None:
        self.observed: list[Observable] = []

    def collect(self) -> Iterator[Metric]:
        observed = self.observed
        yield GaugeMetricFamily(
            "kuberedis_operator_queue_length", "Instances that wait to be reconciled", value=sum(each.queue_length() for each in observed)
        )
        yield GaugeMetricFamily(
            "kuberedis_operator_queue_oldest_seconds",
            "How long the instance has waited that waits longest",
            value=max((each.oldest_seconds() for each in observed), default=0.0),
        )
        yield GaugeMetricFamily(
            "kuberedis_operator_resync_age_seconds",
            "Seconds since the last successful resync, or since the start",
            value=max((each.resync_age() for each in observed), default=0.0),
        )
        yield GaugeMetricFamily(
            "kuberedis_operator_last_resync_timestamp_seconds",
            "Unix time of the last successful resync, 0 before the first",
            value=min((each.last_resync() for each in observed), default=0.0),
        )
        yield GaugeMetricFamily(
            "kuberedis_operator_resync_interval_seconds",
            "Seconds between two resyncs",
            value=max((each.resync_interval() for each in observed), default=0.0),
        )


class OperatorMetrics:
    """The counters of one operator, and the page that shows them."""

    def __init__(self) -> None:
        # When a counter began is of no use to Prometheus, and a second series for each.
        prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]
        self._registry = CollectorRegistry()
        self._parts: list[Callable[[], bytes]] = []
        ProcessCollector(registry=self._registry)
        self._state = _State()
        self._registry.register(self._state)
        prometheus_client.Gauge(
            "kuberedis_operator_build_info", "1 for the version of the operator", ("version",), registry=self._registry
        ).labels(VERSION).set(1)
        self.loop_lag = Histogram(
            "kuberedis_operator_event_loop_lag_seconds",
            "How late a timer of the event loop was",
            buckets=_BUCKETS,
            registry=self._registry,
        )
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

        # A rate sees an increase only from a value that was there before.
        for result in get_args(Result):
            self.reconciles.labels(result)
        for reason in TAKEOVERS.values():
            self.takeovers.labels(reason)
        for answered in ("ok", "none"):
            self.reports.labels(answered)

    def observe(self, controller: Observable) -> None:
        """Report the state of `controller` at each scrape."""
        self._state.observed.append(controller)

    def add(self, part: Callable[[], bytes]) -> None:
        """Add what `part` returns to the page at each scrape."""
        self._parts.append(part)

    def render(self) -> bytes:
        """The page that Prometheus scrapes."""
        return generate_latest(self._registry) + b"".join(part() for part in self._parts)
