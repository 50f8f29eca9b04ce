"""The time from the edit of a spec, among a thousand instances, to the change of the child."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from statistics import median, quantiles
from typing import Any

from bench.cluster_stage import ClusterStage
from bench.ground import NAMESPACE
from bench.kube import Arrivals, Body, Sighting
from bench.measure import Bar, Case, Label, Results, Sample, Verdict
from kuberedis_core.api_kind import Kind
from kuberedis_core.crd.names import config_map_name
from kuberedis_operator.resources.kinds import CONFIG_MAP, INSTANCE, STATEFUL_SET

NAME = "edits"
TITLE = "From an edit to its child"
_EDITS = 100
_PERCENTILE = "p95 ms"
_MOST_MILLISECONDS = 500.0
_LONGEST_SECONDS = 30.0


@dataclass(frozen=True)
class _Edit:
    """A change of a spec, and the child that reflects it."""

    work: str
    child: Kind
    child_name: Callable[[str], str]
    spec: Callable[[str], dict[str, Any]]
    shown: Callable[[Body], str]


_ROWS = (
    _Edit(
        "a setting of Redis, in the ConfigMap",
        CONFIG_MAP,
        config_map_name,
        lambda mark: {"config": {"slowlog-max-len": mark}},
        lambda body: str(body["data"]),
    ),
    _Edit(
        "an annotation of the pod, in the StatefulSet",
        STATEFUL_SET,
        str,
        lambda mark: {"podTemplate": {"annotations": {"kuberedis-bench/mark": mark}}},
        lambda body: str(body["spec"]["template"]["metadata"].get("annotations")),
    ),
)


def bar(stage: ClusterStage) -> Bar:
    """Edits are sequential, each of another instance, and begin when the previous one has reached its child."""
    cases = [Case(_label(edit), partial(_run, stage, edit), once=True) for edit in _ROWS]
    return Bar(NAME, f"{TITLE}, among {stage.sizes.instances:,} instances", cases, _judge)


def _label(edit: _Edit) -> Label:
    return Label(NAME, edit.work, "operator")


def _run(stage: ClusterStage, edit: _Edit) -> Sample:
    names = stage.creation.population.names
    arrivals = Arrivals()
    took = []
    with stage.kube.watch(edit.child.path(NAMESPACE), arrivals.put):
        for number in range(_EDITS):
            name = names[number * len(names) // _EDITS]
            mark = f"{1000 + number}"
            shows = partial(_shows, edit, edit.child_name(name), mark)
            begun = time.perf_counter()
            stage.kube.merge(INSTANCE.path(NAMESPACE, name), {"spec": edit.spec(mark)})
            arrived = arrivals.first(shows, _LONGEST_SECONDS, f"the edit of {name} in its {edit.child.kind}")
            took.append(1000 * (arrived.at - begun))
    return {"p50 ms": median(took), _PERCENTILE: quantiles(took, n=20)[-1], "max ms": max(took)}


def _shows(edit: _Edit, child_name: str, mark: str, sighting: Sighting) -> bool:
    return sighting.name == child_name and mark in edit.shown(sighting.body)


def _judge(results: Results) -> list[Verdict]:
    verdicts = []
    for edit in _ROWS:
        found = results.spread(_label(edit), _PERCENTILE).median
        what = f"{edit.work}: p95 of {_EDITS}"
        verdicts.append(Verdict(NAME, what, f"≤ {_MOST_MILLISECONDS:g} ms", f"{found:.0f} ms", found <= _MOST_MILLISECONDS))
    return verdicts
