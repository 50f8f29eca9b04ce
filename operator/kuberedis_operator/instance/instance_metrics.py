"""The metrics of instances: a series for each instance that exists, with the condition that it has now.

At each scrape the instances are read from the cache of objects, so a deleted one has no series any more; only those that changed since the
scrape before are parsed again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from kuberedis_core.crd.names import NamespacedName
from kuberedis_operator.runtime.object_cache import ObjectCache
from kuberedis_operator.status.instance_state import InstanceState, instance_state


class InstanceMetrics(Collector):
    """The metrics of all instances.

    Args:
        instances: the instances as they were last seen.
    """

    def __init__(self, instances: ObjectCache) -> None:
        self._instances = instances
        self._states: dict[NamespacedName, tuple[int, InstanceState]] = {}

    def collect(self) -> Iterator[Metric]:
        """The metric families, for a scrape."""
        states = self._read()
        yield _counts(states)
        yield _conditions(states)
        yield _gauge("paused", "Whether spec.paused is true", {key: int(state.paused) for key, state in states.items()})
        yield _gauge("members", "Members of an instance that has several", {key: state.members for key, state in states.items()})
        yield _gauge(
            "in_sync_members", "Members that have all data, of an instance that has several", {key: s.in_sync for key, s in states.items()}
        )

    def _read(self) -> dict[NamespacedName, InstanceState]:
        read: dict[NamespacedName, tuple[int, InstanceState]] = {}
        for key, version in self._instances.versions():
            known = self._states.get(key)
            if known is not None and known[0] == version:
                read[key] = known
            elif (body := self._instances.get(key)) is not None:
                read[key] = version, instance_state(body)
        self._states = read
        return {key: state for key, (_, state) in sorted(read.items())}


def _counts(states: dict[NamespacedName, InstanceState]) -> Metric:
    family = GaugeMetricFamily("kuberedis_operator_instances", "Instances by condition", labels=("condition", "status"))
    counts = Counter((condition.type, condition.status) for state in states.values() for condition in state.conditions)
    for labels, number in sorted(counts.items()):
        family.add_metric(labels, number)
    return family


def _conditions(states: dict[NamespacedName, InstanceState]) -> Metric:
    family = GaugeMetricFamily(
        "kuberedis_instance_condition", "1 for what each condition is now", labels=("namespace", "name", "condition", "status", "reason")
    )
    for key, state in states.items():
        for condition in state.conditions:
            family.add_metric((*key, *condition), 1)
    return family


def _gauge(name: str, text: str, values: dict[NamespacedName, int | None]) -> Metric:
    family = GaugeMetricFamily(f"kuberedis_instance_{name}", text, labels=("namespace", "name"))
    for key, value in values.items():
        if value is not None:
            family.add_metric(key, value)
    return family
