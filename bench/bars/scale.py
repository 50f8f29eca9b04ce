"""A thousand instances: the time to create their children, the operator's resources, and that it then writes nothing."""

import time
from functools import partial

from bench import process
from bench.cluster_stage import ClusterStage
from bench.measure import Bar, Case, Label, Results, Sample, Verdict

NAME = "scale"
TITLE = "Many instances at once"
_STEADY_SECONDS = 10.0
_LONGEST_SECONDS = 300.0
_POLL_SECONDS = 1.0

_CHILDREN = "all children s"
_STEADY = "steady s"
_WRITES = "writes"
_PEAK = "peak MiB"
_CPU = "CPU s"
_MOST = {_CHILDREN: 60.0, _PEAK: 200.0}
_MOST_RESTART_SECONDS = 15.0


def bar(stage: ClusterStage) -> Bar:
    """Three cases that build on each other, each run once, in this order."""
    creation, quiet, restart = _labels(stage)
    cases = [
        Case(creation, partial(_run_creation, stage), once=True),
        Case(quiet, partial(_run_quiet, stage), once=True),
        Case(restart, partial(_run_restart, stage), once=True),
    ]
    return Bar(NAME, TITLE, cases, partial(_judge, stage))


def _labels(stage: ClusterStage) -> tuple[Label, Label, Label]:
    works = (
        f"{stage.sizes.instances:,} instances applied at once",
        f"{stage.sizes.quiet_seconds:g} s in which nothing happens",
        "a restart of the operator",
    )
    creation, quiet, restart = (Label(NAME, work, "operator") for work in works)
    return creation, quiet, restart


def _run_creation(stage: ClusterStage) -> Sample:
    operator = stage.ensure_operator()
    written, cpu = stage.ground.writes(), process.cpu_seconds(operator.pid)
    begun = time.perf_counter()
    creation = stage.creation
    steady = _wait_until_steady(stage, reconciles=stage.sizes.instances) - begun
    return {
        "applied s": creation.applied_seconds,
        "children": creation.population.children,
        _CHILDREN: creation.children_seconds,
        _STEADY: steady,
        _WRITES: stage.ground.writes() - written,
        "reconciles": operator.counts().reconciles,
        _CPU: process.cpu_seconds(operator.pid) - cpu,
        _PEAK: process.peak_resident_mib(operator.pid),
    }


def _run_quiet(stage: ClusterStage) -> Sample:
    operator = stage.ensure_operator()
    before, written, cpu = operator.counts(), stage.ground.writes(), process.cpu_seconds(operator.pid)
    time.sleep(stage.sizes.quiet_seconds)
    return {
        _WRITES: stage.ground.writes() - written,
        "reads": operator.counts().reads - before.reads,
        _CPU: process.cpu_seconds(operator.pid) - cpu,
        _PEAK: process.peak_resident_mib(operator.pid),
    }


def _run_restart(stage: ClusterStage) -> Sample:
    written = stage.ground.writes()
    stage.stop_operator()
    operator = stage.ensure_operator()
    steady = _wait_until_steady(stage, reconciles=stage.sizes.instances)
    return {
        "ready s": operator.ready_seconds,
        _STEADY: steady - operator.begun,
        _WRITES: stage.ground.writes() - written,
        "reads": operator.counts().reads,
        _CPU: process.cpu_seconds(operator.pid),
        _PEAK: process.peak_resident_mib(operator.pid),
    }


def _wait_until_steady(stage: ClusterStage, *, reconciles: int) -> float:
    """The time (`time.perf_counter`) since which the queue is empty and nothing is written, after every instance was reconciled.

    The wait is limited; if the operator never becomes steady, the figures show it.
    """
    now = since = time.perf_counter()
    deadline = now + _LONGEST_SECONDS
    last = stage.ensure_operator().counts()
    while now < deadline and now - since < _STEADY_SECONDS:
        time.sleep(_POLL_SECONDS)
        now = time.perf_counter()
        counts = stage.ensure_operator().counts()
        if counts.queued or counts.writes != last.writes or counts.reconciles < reconciles:
            since = now
        last = counts
    return since


def _judge(stage: ClusterStage, results: Results) -> list[Verdict]:
    creation, quiet, restart = _labels(stage)
    verdicts = []
    for figure, most in _MOST.items():
        found = results.spread(creation, figure).median
        what, _, unit = figure.rpartition(" ")
        verdicts.append(Verdict(NAME, f"{creation.work}: {what}", f"≤ {most:g} {unit}", f"{found:.1f} {unit}", found <= most))
    steady = results.spread(restart, _STEADY).median
    verdicts.append(
        Verdict(NAME, f"{restart.work}: steady", f"≤ {_MOST_RESTART_SECONDS:g} s", f"{steady:.1f} s", steady <= _MOST_RESTART_SECONDS)
    )
    for label in (quiet, restart):
        writes = results.spread(label, _WRITES).median
        verdicts.append(Verdict(NAME, f"{label.work}: writes", "none", f"{writes:.0f}", writes == 0))
    return verdicts
