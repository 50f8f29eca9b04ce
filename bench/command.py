"""What every command that measures does alike: it takes the samples, reports them, writes its page, and exits."""

from collections.abc import Callable, Iterable

import typer

from bench.errors import BenchError
from bench.measure import Case, Results
from bench.outcome import Outcome
from bench.report import Output, Reporter, reporter


def take_samples(steps: Iterable[tuple[int, Case]], results: Results, report: Reporter) -> None:
    """Measure each case in turn.

    Args:
        steps: the cases, each with the number of its round.
        results: where the samples go.
        report: reporter of progress.
    """
    for number, case in steps:
        report.measuring(case)
        sample = case.run()
        results.add(case.label, sample)
        report.sample(number, case, sample)


def execute(run: Callable[[Reporter], Outcome], output: Output, write: Callable[[Outcome], None] | None) -> None:
    """Measure and judge.

    Args:
        run: measures and judges; raises BenchError if that is not possible.
        output: what is printed.
        write: writes the page of documentation; None if only a part is measured.

    Raises:
        typer.Exit: with 2 if measuring is not possible, with 1 if a bar is missed.
    """
    try:
        with reporter(output) as report:
            outcome = run(report)
            report.end(outcome)
    except BenchError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(2) from None
    if write is not None:
        write(outcome)
    if not all(verdict.met for verdict in outcome.verdicts):
        raise typer.Exit(1)
