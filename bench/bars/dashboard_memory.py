"""Resident memory of the dashboard: idle, after each page was asked for, and with 200 open streams."""

import time
from contextlib import ExitStack
from functools import partial

from bench import contenders, dashboard_process, dashboard_stage, process
from bench.dashboard_ground import TEAM
from bench.dashboard_stage import DashboardStage
from bench.measure import Bar, Case, Label, Results, Sample, Verdict

NAME = "memory"
_STREAMS = 200
_IDLE_SECONDS = 1.0
_RESIDENT = "resident MiB"
_IDLE = Label(NAME, "a fresh process", "idle")
_VISITED = Label(NAME, "a fresh process", "after every page")
_OPEN = Label(NAME, f"{_STREAMS} streams", "open, after a change that all were sent")
_MOST_MIB = {_IDLE: 70.0, _OPEN: 120.0}


def bar(stage: DashboardStage) -> Bar:
    """A new dashboard for each."""
    cases = [Case(_IDLE, partial(_idle, stage)), Case(_VISITED, partial(_visited, stage)), Case(_OPEN, partial(_open, stage))]
    return Bar(NAME, "Memory of the dashboard", cases, _judge)


def _idle(stage: DashboardStage) -> Sample:
    with stage.new_dashboard(dashboard_process.IN_CLUSTER) as dashboard:
        time.sleep(_IDLE_SECONDS)
        return {_RESIDENT: process.resident_mib(dashboard.pid)}


def _visited(stage: DashboardStage) -> Sample:
    with stage.new_dashboard() as dashboard:
        for path in stage.pages:
            dashboard.page(path, stage.ground.user)
        return {_RESIDENT: process.resident_mib(dashboard.pid)}


def _open(stage: DashboardStage) -> Sample:
    problem = f"the node has gone at {time.time_ns()}"
    with stage.new_dashboard() as dashboard, ExitStack() as ends:
        path = dashboard.stream_of(dashboard_stage.LIST, stage.ground.user)
        streams = [ends.enter_context(dashboard.stream(path, stage.ground.user)) for _ in range(_STREAMS)]
        stage.ground.set_status(TEAM, contenders.INSTANCE, problem)
        for stream in streams:
            stream.wait_for(problem.encode())
        resident, peak = process.resident_mib(dashboard.pid), process.peak_resident_mib(dashboard.pid)
    stage.ground.set_status(TEAM, contenders.INSTANCE)
    return {_RESIDENT: resident, "peak MiB": peak}


def _judge(results: Results) -> list[Verdict]:
    verdicts = []
    for label, most in _MOST_MIB.items():
        found = results.spread(label, _RESIDENT)
        measured = f"{found.median:.1f} MiB ({found.low:.1f}–{found.high:.1f})"
        verdicts.append(Verdict(NAME, f"{label.work}, {label.contender}", f"≤ {most:g} MiB", measured, found.median <= most))
    return verdicts
