"""The time until the first 200 of a thousand instances are on the screen."""

from functools import partial

from bench.dashboard_stage import DashboardStage
from bench.errors import BenchError
from bench.measure import Bar, Case, Label, Results, Sample, Verdict

NAME = "fleet"
_ROWS = 200
_MOST_SECONDS = 1.0
_SHOWN, _PARTS = "shown s", "pages"


def bar(stage: DashboardStage) -> Bar:
    """A browser without a cache visits the list, and goes on to its next page until it has seen enough rows."""
    label = Label(NAME, f"first {_ROWS} rows", f"{stage.instances:,} instances")
    return Bar(NAME, f"List of {stage.instances:,} instances", [Case(label, partial(_run, stage))], partial(_judge, label))


def _run(stage: DashboardStage) -> Sample:
    path: str | None = stage.fleet
    rows, seconds, parts = 0, 0.0, 0
    while rows < _ROWS:
        if path is None:
            raise BenchError(f"the list ends after {rows} rows")
        with stage.browser.open(path) as page:
            page.settle()
            visit, path = page.visit(), page.next()
        rows, seconds, parts = rows + visit.rows, seconds + visit.shown, parts + 1
    return {_SHOWN: seconds, _PARTS: parts}


def _judge(label: Label, results: Results) -> list[Verdict]:
    found = results.spread(label, _SHOWN)
    measured = f"{found.median:.2f} s ({found.low:.2f}–{found.high:.2f})"
    return [Verdict(NAME, f"{label.work} of {label.contender}", f"≤ {_MOST_SECONDS:g} s", measured, found.median <= _MOST_SECONDS)]
