"""`python -m bench.cluster`: measures the operator's bars, writes its page in docs/understand, and exits with 1 if a bar is missed."""

import sys
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from bench import machine, testcluster, tools
from bench.bars import edits, image, operator_start, provisioning, scale
from bench.cluster_stage import ClusterStage, Sizes
from bench.command import execute, take_samples
from bench.errors import BenchError
from bench.machine import Machine
from bench.measure import Bar, Results, interleaved
from bench.outcome import Outcome, Page
from bench.report import Output, Reporter

_PAGE = Page(
    Path(__file__).parent.parent / "docs" / "understand" / "benchmarks-cluster.md",
    "Benchmarks of the operator",
    "Written by `make bench-cluster`; [bench/README.md](../../bench/README.md) describes how each figure is measured. "
    "The gateway's figures are on [their own page](benchmarks.md).",
)
_METHOD = (
    "A figure with an interval is the median of {rounds} rounds, with the lowest and the highest in parentheses. "
    "Cases with {instances:,} instances are measured once. MiB is resident memory, CPU s processor time, both of the operator alone."
)
_LIBRARIES = ("kopf", "kubernetes", "aiohttp", "orjson")


class BarName(StrEnum):
    """The bars, in the order they are measured and reported."""

    PROVISIONING = provisioning.NAME
    IMAGE = image.NAME
    START = operator_start.NAME
    SCALE = scale.NAME
    EDITS = edits.NAME


_BARS: dict[BarName, Callable[[ClusterStage], Bar]] = {
    BarName(module.NAME): module.bar for module in (provisioning, image, operator_start, scale, edits)
}
_NEED_NODES = frozenset({BarName.PROVISIONING, BarName.IMAGE})


@dataclass(frozen=True)
class Plan:
    """Which bars to measure, with how many rounds and which sizes, and the interpreter that runs the operator."""

    names: list[BarName]
    rounds: int
    sizes: Sizes
    operator_python: str


_Phase = tuple[AbstractContextManager[None], list[BarName]]


def _phases(names: list[BarName], program: Path | None) -> list[_Phase]:
    """The clusters to measure on, in order, each with the bars to measure there."""
    if program is None:
        return [(nullcontext(), names)]
    groups: list[_Phase] = [
        (testcluster.full(program), [name for name in names if name in _NEED_NODES]),
        (testcluster.control_plane_only(program), [name for name in names if name not in _NEED_NODES]),
    ]
    return [(cluster, group) for cluster, group in groups if group]


def run(plan: Plan, program: Path | None, report: Reporter) -> Outcome:
    """Measures and judges the bars of the plan.

    Args:
        plan: bars, rounds, sizes and interpreter.
        program: test cluster to start and stop as the bars need it; None for the cluster of KUBECONFIG as it is.
        report: reporter of progress and results.

    Raises:
        BenchError: The measurement is not possible.
    """
    here: Machine | None = None
    results = Results()
    # In /tmp, regardless of TMPDIR, as in `python -m bench`.
    with tempfile.TemporaryDirectory(prefix="bench-", dir="/tmp") as folder:
        stage = ClusterStage(Path(folder), plan.operator_python, plan.sizes)
        bars = {name: _BARS[name](stage) for name in plan.names}
        phases = [
            (cluster, names, list(interleaved([case for name in names for case in bars[name].cases], plan.rounds)))
            for cluster, names in _phases(plan.names, program)
        ]
        for cluster, names, steps in phases:
            with cluster, stage.on_cluster():
                tools.require(provisioning.TOOLS)
                if _NEED_NODES.intersection(names) and not stage.ground.has_nodes():
                    raise BenchError("the cluster has no node, which provisioning and image need; leave them out with --only")
                if here is None:
                    here = machine.describe({"Kubernetes": stage.ground.version()}, plan.operator_python, _LIBRARIES)
                    report.begin(here, sum(len(steps) for _, _, steps in phases))
                take_samples(steps, results, report)
    if here is None:
        raise BenchError("nothing to measure")
    method = _METHOD.format(rounds=plan.rounds, instances=plan.sizes.instances)
    verdicts = [verdict for bar in bars.values() for verdict in bar.judge(results)]
    return Outcome(here, method, list(bars.values()), results, verdicts)


def main(
    rounds: Annotated[int, typer.Option(min=1, help="Rounds of the cases that are measured more than once.")] = 10,
    instances: Annotated[int, typer.Option(min=1, help="Size of the population for the bars scale and edits.")] = 1000,
    members: Annotated[int, typer.Option(help="Members of each of them: 1, or 3. Does not write docs/ unless it is 1.")] = 1,
    quiet_seconds: Annotated[float, typer.Option(min=0, help="How long to check that an idle operator writes nothing.")] = 300,
    only: Annotated[list[BarName] | None, typer.Option(help="Measure only this bar; repeatable. Does not write docs/.")] = None,
    test_cluster: Annotated[
        Path | None,
        typer.Option(
            "--testcluster",
            metavar="PATH",
            help="Test cluster to start, stop and empty as the bars need it. Without it, the cluster of $KUBECONFIG is used as it is.",
        ),
    ] = None,
    operator_python: Annotated[
        str, typer.Option(metavar="PATH", help="Interpreter for the operator, ideally with only the packages of its image.")
    ] = sys.executable,
    output: Annotated[Output, typer.Option(help="Tables, or one line of JSON per sample and verdict.")] = Output.TEXT,
) -> None:
    """Measure the operator on a Kubernetes cluster."""
    plan = Plan(only or list(BarName), rounds, Sizes(instances, quiet_seconds, members), operator_python)
    execute(partial(run, plan, test_cluster), output, _PAGE.write if not only and members == 1 else None)


if __name__ == "__main__":
    typer.run(main)
