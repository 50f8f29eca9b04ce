"""The time that a new operator needs until it works; nothing is repaired while it restarts."""

import time
from functools import partial

from bench import population, process
from bench.cluster_stage import ClusterStage
from bench.ground import NAMESPACE
from bench.kube import Arrivals
from bench.measure import Bar, Case, Label, Results, Sample, Verdict
from kuberedis_core.crd.names import secret_name
from kuberedis_operator.resources.kinds import INSTANCE, SECRET

NAME = "start"
TITLE = "Start of the operator, with no instance yet"
_READY = "start to ready s"
_WATCHES = "start to first child s"
_MOST_SECONDS = 3.0
_LONGEST_SECONDS = 30.0
_LABEL = Label(NAME, "a fresh process", "operator")


def bar(stage: ClusterStage) -> Bar:
    """A new operator in every round."""
    return Bar(NAME, TITLE, [Case(_LABEL, partial(_run, stage))], _judge)


def _run(stage: ClusterStage) -> Sample:
    stage.stop_operator()
    arrivals = Arrivals()
    name = f"early-{time.time_ns()}"
    with stage.kube.watch(SECRET.path(NAMESPACE), arrivals.put):
        operator = stage.ensure_operator()
        # The operator learns of this instance only by a watch, so its first child proves that the watches are established.
        stage.kube.create(INSTANCE.path(NAMESPACE), population.unschedulable(name))
        child = arrivals.first(lambda sighting: sighting.name == secret_name(name), _LONGEST_SECONDS, "the Secret of a new instance")
    idle = process.resident_mib(operator.pid)
    stage.stop_operator()
    stage.kube.delete(INSTANCE.path(NAMESPACE, name))
    return {_READY: operator.ready_seconds, _WATCHES: child.at - operator.begun, "resident MiB": idle}


def _judge(results: Results) -> list[Verdict]:
    found = results.spread(_LABEL, _WATCHES)
    measured = f"{found.median:.2f} s ({found.low:.2f}–{found.high:.2f})"
    return [
        Verdict(NAME, "import to first watch, and on to a first child", f"≤ {_MOST_SECONDS:g} s", measured, found.median <= _MOST_SECONDS)
    ]
