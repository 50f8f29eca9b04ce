"""Reports of a run for people or programs: each sample when it is measured, and tables at the end."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from enum import StrEnum
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from bench import figures, history
from bench.machine import Machine
from bench.measure import Bar, Case, Results, Sample
from bench.outcome import Outcome


class Output(StrEnum):
    """Format of the report."""

    TEXT = "text"
    JSON = "json"


class Reporter(Protocol):
    """Receives the progress and the outcome of a run."""

    def begin(self, machine: Machine, cases: int) -> None:
        """The run begins, with this number of measurements."""

    def measuring(self, case: Case) -> None:
        """A case starts."""

    def sample(self, round_number: int, case: Case, sample: Sample) -> None:
        """A case was measured."""

    def end(self, outcome: Outcome) -> None:
        """The run has ended."""


class JsonLines:
    """Writes each sample and each verdict as one line of JSON to standard output."""

    def begin(self, machine: Machine, cases: int) -> None:
        self._line(event="machine", cases=cases, **asdict(machine))

    def measuring(self, case: Case) -> None:
        """Nothing to write: programs wait for the sample."""

    def sample(self, round_number: int, case: Case, sample: Sample) -> None:
        self._line(event="sample", round=round_number, **asdict(case.label), figures=dict(sample))

    def end(self, outcome: Outcome) -> None:
        for verdict in outcome.verdicts:
            self._line(event="verdict", **asdict(verdict))

    def _line(self, **members: object) -> None:
        sys.stdout.write(json.dumps(members, ensure_ascii=False) + "\n")
        sys.stdout.flush()


class Terminal:
    """Prints a line per sample and tables at the end, with a progress bar on a terminal."""

    def __init__(self, console: Console, progress: Progress) -> None:
        self._console = console
        self._progress = progress
        self._task = progress.add_task("starting", total=None)

    def begin(self, machine: Machine, cases: int) -> None:
        self._console.print(f"{machine.cpu}, {machine.cores} cores, load average {machine.load:.2f}", style="dim")
        self._progress.update(self._task, total=cases)

    def measuring(self, case: Case) -> None:
        self._progress.update(self._task, description=f"{case.label.bar}: {case.label.contender}")

    def sample(self, round_number: int, case: Case, sample: Sample) -> None:
        shown = ", ".join(f"{figures.number(value)} {name}" for name, value in sample.items())
        label = case.label
        self._console.print(f"{round_number + 1} {label.bar}, {label.work}, {label.contender}: {shown}")
        self._progress.advance(self._task)

    def end(self, outcome: Outcome) -> None:
        for bar in outcome.bars:
            self._console.print(_table(bar, outcome.results))
        verdicts = Table("bar", "figure", "target", "measured", "", title="The bars", title_justify="left")
        for verdict in outcome.verdicts:
            met = Text("met", style="green") if verdict.met else Text("MISSED", style="bold red")
            verdicts.add_row(verdict.bar, verdict.what, verdict.wanted, verdict.measured, met)
        self._console.print(verdicts)
        if outcome.runs:
            headings, rows = history.rows(outcome.verdicts, outcome.runs)
            over_runs = Table(*headings, title=history.description(outcome.runs), title_justify="left")
            for row in rows:
                over_runs.add_row(*row)
            self._console.print(over_runs)


@contextmanager
def reporter(output: Output) -> Iterator[Reporter]:
    """The reporter for an output format, on standard output."""
    if output is Output.JSON:
        yield JsonLines()
        return
    # A pipe has no width, and a table wrapped at 80 columns would be unreadable.
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 160)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        yield Terminal(console, progress)


def _table(bar: Bar, results: Results) -> Table:
    table = Table("", "contender", title=bar.title, title_justify="left")
    headings, rows = figures.rows(bar, results)
    for heading in headings:
        table.add_column(heading, justify="right")
    for row in rows:
        table.add_row(*row)
    return table
