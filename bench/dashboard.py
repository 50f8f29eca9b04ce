"""`python -m bench.dashboard`: measures the dashboard, writes its page in docs/understand, and exits with 1 if a bar is missed."""

import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from bench import machine, node, tools
from bench.bars import (
    dashboard_calm,
    dashboard_fleet,
    dashboard_image,
    dashboard_lighthouse,
    dashboard_live,
    dashboard_memory,
    dashboard_paint,
    dashboard_weight,
)
from bench.command import execute, take_samples
from bench.dashboard_stage import DashboardStage
from bench.measure import Bar, Results, interleaved
from bench.outcome import Outcome, Page
from bench.report import Output, Reporter

_PAGE = Page(
    Path(__file__).parent.parent / "docs" / "understand" / "benchmarks-dashboard.md",
    "Benchmarks of the dashboard",
    "Written by `make bench-dashboard`; [bench/README.md](../../bench/README.md#the-dashboard) describes how each figure is measured.",
)
_METHOD = (
    "A figure with an interval is the median of {rounds} rounds, with the lowest and the highest in parentheses. API server, sidecar, "
    "dashboard and browser share the cores of one machine. Whatever else runs there makes a time longer and never shorter: with a load "
    "average above the number of cores the times are upper bounds; bytes, memory and what is counted do not depend on it."
)
_TOOLS = ("chromium", "node", "redis-server", "kubectl", "kube-apiserver", "kube-controller-manager", "etcd")
_LIBRARIES = ("sanic", "jinja2", "aiohttp", "uvloop")


class BarName(StrEnum):
    """The bars, in the order they are measured and reported."""

    WEIGHT = dashboard_weight.NAME
    PAINT = dashboard_paint.NAME
    CALM = dashboard_calm.NAME
    FLEET = dashboard_fleet.NAME
    LIVE = dashboard_live.NAME
    MEMORY = dashboard_memory.NAME
    LIGHTHOUSE = dashboard_lighthouse.NAME
    IMAGE = dashboard_image.NAME


_BARS: dict[BarName, Callable[[DashboardStage], Bar]] = {
    BarName(module.NAME): module.bar
    for module in (
        dashboard_weight,
        dashboard_paint,
        dashboard_calm,
        dashboard_fleet,
        dashboard_live,
        dashboard_memory,
        dashboard_lighthouse,
        dashboard_image,
    )
}


@dataclass(frozen=True)
class Plan:
    """Which bars to measure, with how many rounds and instances, and the interpreters of dashboard and sidecar."""

    names: list[BarName]
    rounds: int
    instances: int
    python: str
    sidecar_python: str


def run(plan: Plan, report: Reporter) -> Outcome:
    """Measures and judges the bars of the plan.

    Raises:
        BenchError: The measurement is not possible.
    """
    tools.require(_TOOLS)
    results = Results()
    with ExitStack() as ends:
        # In /tmp, regardless of TMPDIR, as in `python -m bench`.
        folder = ends.enter_context(tempfile.TemporaryDirectory(prefix="bench-", dir="/tmp"))
        stage = DashboardStage(Path(folder), plan.python, plan.sidecar_python, plan.instances, ends)
        versions = {"Kubernetes": stage.ground.version(), "Chromium": stage.browser.version}
        versions |= {package: node.version(package) for package in ("lighthouse", "axe-core")}
        here = machine.describe(versions, plan.python, _LIBRARIES)
        bars = [_BARS[name](stage) for name in plan.names]
        # Bar by bar: what one of them changes in the cluster, the others do not see.
        steps = [step for bar in bars for step in interleaved(bar.cases, plan.rounds)]
        report.begin(here, len(steps))
        take_samples(steps, results, report)
    verdicts = [verdict for bar in bars for verdict in bar.judge(results)]
    return Outcome(here, _METHOD.format(rounds=plan.rounds), bars, results, verdicts)


def main(
    rounds: Annotated[int, typer.Option(min=1, help="How often each case is measured.")] = 5,
    instances: Annotated[int, typer.Option(min=200, help="Number of instances in the namespace with many.")] = 1000,
    only: Annotated[list[BarName] | None, typer.Option(help="Measure only this bar; repeatable. Does not write docs/.")] = None,
    dashboard_python: Annotated[
        str, typer.Option(metavar="PATH", help="Interpreter for the dashboard, ideally with only the packages of its image.")
    ] = sys.executable,
    sidecar_python: Annotated[str, typer.Option(metavar="PATH", help="Interpreter for the sidecar behind the instances.")] = sys.executable,
    output: Annotated[Output, typer.Option(help="Tables, or one line of JSON per sample and verdict.")] = Output.TEXT,
) -> None:
    """Measure the dashboard in a real browser, in front of a real API server."""
    plan = Plan(only or list(BarName), rounds, instances, dashboard_python, sidecar_python)
    execute(partial(run, plan), output, None if only else _PAGE.write)


if __name__ == "__main__":
    typer.run(main)
