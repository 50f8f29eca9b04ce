"""The weight of the dashboard's pages on the wire."""

from functools import partial

from bench import dashboard_stage
from bench.dashboard_ground import TEAM_ROWS
from bench.dashboard_stage import DashboardStage
from bench.errors import BenchError
from bench.measure import Bar, Case, Label, Results, Sample, Verdict

NAME = "weight"
_LIST = Label(NAME, "first visit", f"list, {TEAM_ROWS} rows")
_INSTANCE = Label(NAME, "first visit", "instance")
_SCRIPTS, _STYLES, _HTML = "JavaScript KB", "CSS KB", "HTML KB"
_TYPES = {_SCRIPTS: "Script", _STYLES: "Stylesheet", _HTML: "Document"}
_MOST = {(_LIST, _SCRIPTS): 20.0, (_INSTANCE, _SCRIPTS): 45.0, (_LIST, _STYLES): 4.0, (_LIST, _HTML): 6.0}


def bar(stage: DashboardStage) -> Bar:
    """A browser without a cache visits the list and an instance."""
    cases = [
        Case(_LIST, partial(_run, stage, dashboard_stage.LIST, TEAM_ROWS), once=True),
        Case(_INSTANCE, partial(_run, stage, dashboard_stage.INSTANCE, 0), once=True),
    ]
    return Bar(NAME, "Bytes of a first visit, compressed, with header fields", cases, _judge)


def _run(stage: DashboardStage, path: str, rows: int) -> Sample:
    with stage.browser.open(path) as page:
        page.settle()
        visit = page.visit()
    if visit.rows < rows:
        raise BenchError(f"{path} has {visit.rows} rows instead of {rows}")
    return {figure: visit.wire[type_] / 1000 for figure, type_ in _TYPES.items()}


def _judge(results: Results) -> list[Verdict]:
    verdicts = []
    for (label, figure), most in _MOST.items():
        found = results.spread(label, figure).median
        what = f"{figure.rpartition(' ')[0]}, {label.contender}"
        verdicts.append(Verdict(NAME, what, f"≤ {most:g} KB", f"{found:.1f} KB", found <= most))
    return verdicts
