"""`python -m bench`: measures all bars in one interleaved run, writes its page in docs/understand, and exits with 1 if a bar is missed."""

import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from bench import claims, history, machine, tools
from bench.bars import footprint, growth, large_values, latency, pipeline, pubsub, remote_primary, scrape, throughput, tracing
from bench.command import execute, take_samples
from bench.measure import Bar, Results, interleaved
from bench.outcome import Outcome, Page
from bench.report import Output, Reporter
from bench.stage import Stage

_PAGE = Page(
    Path(__file__).parent.parent / "docs" / "understand" / "benchmarks.md",
    "Benchmarks of the gateway",
    "Written by `make bench`; [bench/README.md](../../bench/README.md) describes how each figure is measured. "
    "The operator's figures are on [their own page](benchmarks-cluster.md).",
)
_METHOD = (
    "{rounds} rounds in alternating order, {seconds:g} s per measurement. A figure is the median of the rounds, with the lowest and the "
    "highest in parentheses; so is a ratio, which is taken within each round."
)
_ROUNDS = 5
_SECONDS = 2.0
_LIBRARIES = ("sanic", "httptools", "uvloop", "hiredis")


class BarName(StrEnum):
    """The bars, in the order they are reported."""

    THROUGHPUT = throughput.NAME
    LARGE_VALUES = large_values.NAME
    PIPELINE = pipeline.NAME
    PUBSUB = pubsub.NAME
    LATENCY = latency.NAME
    FOOTPRINT = footprint.NAME
    GROWTH = growth.NAME
    REMOTE_PRIMARY = remote_primary.NAME
    TRACING = tracing.NAME
    SCRAPE = scrape.NAME


@dataclass(frozen=True)
class _Entry:
    tools: list[str]
    make: Callable[[Stage], Bar]


_BARS = {
    BarName(module.NAME): _Entry(module.TOOLS, module.bar)
    for module in (throughput, large_values, pipeline, pubsub, latency, footprint, growth, remote_primary, tracing, scrape)
}


def run(names: list[BarName], rounds: int, seconds: float, sidecar_python: str, report: Reporter) -> Outcome:
    """Measures and judges the bars in `names`.

    Raises:
        BenchError: The measurement is not possible.
    """
    entries = [_BARS[name] for name in names]
    used = list(dict.fromkeys(tool for entry in entries for tool in entry.tools))
    tools.require(used)
    here = machine.describe({tool: tools.version(tool) for tool in used}, sidecar_python, _LIBRARIES)
    results = Results()
    with ExitStack() as ends:
        # In /tmp, regardless of TMPDIR: the path of a Unix socket is limited to 107 bytes.
        folder = ends.enter_context(tempfile.TemporaryDirectory(prefix="bench-", dir="/tmp"))
        stage = Stage(Path(folder), seconds, sidecar_python, ends)
        bars = [entry.make(stage) for entry in entries]
        plan = list(interleaved([case for bar in bars for case in bar.cases], rounds))
        report.begin(here, len(plan))
        take_samples(plan, results, report)
    verdicts = [verdict for bar in bars for verdict in bar.judge(results)]
    # A part of the bars, or a run of another length, is not compared with the others.
    complete = names == list(BarName) and (rounds, seconds) == (_ROUNDS, _SECONDS)
    runs = [*history.read(), history.run_of(here, verdicts)] if complete else []
    return Outcome(here, _METHOD.format(rounds=rounds, seconds=seconds), bars, results, verdicts, runs)


def write(outcome: Outcome) -> None:
    """Write the page; a complete run is kept, and README.md says what follows from it and the earlier ones."""
    _PAGE.write(outcome)
    if outcome.runs:
        history.append(outcome.runs[-1])
        claims.refresh(outcome.runs)


def main(
    rounds: Annotated[int, typer.Option(min=1, help="How often each case is measured.")] = _ROUNDS,
    seconds: Annotated[float, typer.Option(min=1, help="How long each measurement loads a server.")] = _SECONDS,
    only: Annotated[list[BarName] | None, typer.Option(help="Measure only this bar; repeatable. Does not write docs/.")] = None,
    sidecar_python: Annotated[
        str, typer.Option(metavar="PATH", help="Interpreter for the sidecar, ideally with only the packages of its image.")
    ] = sys.executable,
    output: Annotated[Output, typer.Option(help="Tables, or one line of JSON per sample and verdict.")] = Output.TEXT,
) -> None:
    """Measure the gateway beside its peers."""
    execute(lambda report: run(only or list(BarName), rounds, seconds, sidecar_python, report), output, None if only else write)


if __name__ == "__main__":
    typer.run(main)
