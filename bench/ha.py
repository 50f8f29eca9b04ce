"""`python -m bench.ha`: measures each fault of three members, writes docs/understand/benchmarks-ha.md, exits with 1 if a bar is missed."""

import sys
import tempfile
from collections.abc import Callable
from contextlib import nullcontext
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from bench import machine, testcluster, tools
from bench.bars import ha_faults
from bench.command import execute, take_samples
from bench.ha_stage import HaStage
from bench.measure import Bar, Results, interleaved
from bench.outcome import Outcome, Page
from bench.report import Output, Reporter

_PAGE = Page(
    Path(__file__).parent.parent / "docs" / "understand" / "benchmarks-ha.md",
    "Benchmarks of high availability",
    "Written by `make bench-ha`; [bench/README.md](../../bench/README.md#high-availability) describes how each figure is measured, and "
    "[high-availability.md](../operate/high-availability.md) what happens in each case.",
)
_METHOD = (
    "A figure with an interval is the median of {rounds} tries, with the lowest and the highest in parentheses. "
    "A bar has to be met by every try. All three nodes, the clients and the control plane share the cores of one machine."
)
_LIBRARIES = ("redis", "hiredis", "uvloop")


class BarName(StrEnum):
    """The bars, in the order they are measured and reported."""

    FAULTS = ha_faults.UNPLANNED
    PLANNED = ha_faults.PLANNED


_BARS: dict[BarName, Callable[[HaStage, list[str]], Bar]] = {
    BarName.FAULTS: ha_faults.unplanned,
    BarName.PLANNED: ha_faults.planned,
}


def run(names: list[BarName], scenarios: list[str], rounds: int, program: Path | None, report: Reporter) -> Outcome:
    """Measures and judges bars.

    Args:
        names: of the bars.
        scenarios: names of the faults to try; all, if it is empty.
        rounds: tries of each.
        program: test cluster to start and stop; None for the cluster of KUBECONFIG as it is.
        report: reporter of progress and results.

    Raises:
        BenchError: The measurement is not possible.
    """
    results = Results()
    cluster = testcluster.three_nodes(program) if program else nullcontext()
    # In /tmp, regardless of TMPDIR, as in `python -m bench`.
    with tempfile.TemporaryDirectory(prefix="bench-", dir="/tmp") as folder, cluster, HaStage.on_cluster(Path(folder)) as stage:
        tools.require(["kubectl"])
        bars = [_BARS[name](stage, scenarios) for name in names]
        # Bar by bar: those that need the operator and those that must not have it would have it started and stopped all the time.
        steps = [step for bar in bars for step in interleaved(bar.cases, rounds)]
        here = machine.describe({"Kubernetes": stage.version()}, sys.executable, _LIBRARIES)
        report.begin(here, len(steps))
        take_samples(steps, results, report)
    verdicts = [verdict for bar in bars for verdict in bar.judge(results)]
    return Outcome(here, _METHOD.format(rounds=rounds), bars, results, verdicts)


def main(
    rounds: Annotated[int, typer.Option(min=1, help="Tries of each fault.")] = 5,
    only: Annotated[list[BarName] | None, typer.Option(help="Measure only this bar; repeatable. Does not write docs/.")] = None,
    fault: Annotated[list[str] | None, typer.Option(help="Try only this fault; repeatable. Does not write docs/.")] = None,
    test_cluster: Annotated[
        Path | None,
        typer.Option(
            "--testcluster",
            metavar="PATH",
            help="Test cluster to start, with three nodes, and to stop. Without it, the cluster of $KUBECONFIG is used as it is.",
        ),
    ] = None,
    output: Annotated[Output, typer.Option(help="Tables, or one line of JSON per sample and verdict.")] = Output.TEXT,
) -> None:
    """Measure high availability on a Kubernetes cluster of three nodes."""
    execute(
        lambda report: run(only or list(BarName), fault or [], rounds, test_cluster, report), output, None if only or fault else _PAGE.write
    )


if __name__ == "__main__":
    typer.run(main)
