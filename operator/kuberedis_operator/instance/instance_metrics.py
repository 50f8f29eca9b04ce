"""The metrics of instances: a series for each instance that exists, with the condition that it has now.

At each scrape the instances are read from the cache of objects, so a deleted one has no series any more. Only the samples of those that
changed since the scrape before are written anew: a scrape holds up the reconciles, and there may be thousands of instances.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from operator import itemgetter
from typing import NamedTuple

from kuberedis_core.crd.names import NamespacedName
from kuberedis_core.exposition import Family, labels, page, sample
from kuberedis_operator.runtime.object_cache import ObjectCache
from kuberedis_operator.status.instance_state import InstanceState, instance_state

_CONDITION = "kuberedis_instance_condition"
_PAUSED = "kuberedis_instance_paused"
_MEMBERS = "kuberedis_instance_members"
_IN_SYNC = "kuberedis_instance_in_sync_members"
_HELP = {
    _CONDITION: "1 for what each condition is now",
    _PAUSED: "Whether spec.paused is true",
    _MEMBERS: "Members of an instance that has several",
    _IN_SYNC: "Members that have all data, of an instance that has several",
}


class _Known(NamedTuple):
    version: int
    conditions: tuple[tuple[str, str], ...]
    """Type and status of each."""
    samples: dict[str, str]
    """Samples by metric."""


class InstanceMetrics:
    """The metrics of all instances.

    Args:
        instances: the instances as they were last seen.
    """

    def __init__(self, instances: ObjectCache) -> None:
        self._instances = instances
        self._known: dict[NamespacedName, _Known] = {}

    def render(self) -> bytes:
        """Their part of a page."""
        self._read()
        known = [each for _, each in sorted(self._known.items(), key=itemgetter(0))]
        families = [Family(name, "gauge", text) for name, text in _HELP.items()]
        for family in families:
            family.add_samples("".join([each.samples.get(family.name, "") for each in known]))
        return page([_counts(known), *families])

    def _read(self) -> None:
        before, self._known = self._known, {}
        for key, version in self._instances.versions():
            known = before.get(key)
            if known is not None and known.version == version:
                self._known[key] = known
            elif (body := self._instances.get(key)) is not None:
                state = instance_state(body)
                self._known[key] = _Known(version, tuple((each.type, each.status) for each in state.conditions), dict(_samples(key, state)))


def _counts(known: list[_Known]) -> Family:
    family = Family("kuberedis_operator_instances", "gauge", "Instances by condition")
    counts = Counter(condition for each in known for condition in each.conditions)
    for (type_, status), number in sorted(counts.items()):
        family.add(labels(condition=type_, status=status), number)
    return family


def _samples(key: NamespacedName, state: InstanceState) -> Iterator[tuple[str, str]]:
    which = labels(namespace=key.namespace, name=key.name)
    conditions = (f"{which},{labels(condition=each.type, status=each.status, reason=each.reason)}" for each in state.conditions)
    yield _CONDITION, "".join(sample(_CONDITION, tags, 1) for tags in conditions)
    yield _PAUSED, sample(_PAUSED, which, state.paused)
    if state.members is not None:
        yield _MEMBERS, sample(_MEMBERS, which, state.members)
    if state.in_sync is not None:
        yield _IN_SYNC, sample(_IN_SYNC, which, state.in_sync)
