"""What must not happen on any page, however it is looked at: shifts, requests elsewhere, scripts or styles of nobody's, barriers."""

from functools import partial

from bench import dashboard_stage
from bench.browser import Look
from bench.dashboard_stage import DashboardStage
from bench.measure import Bar, Case, Label, Results, Sample, Verdict

NAME = "calm"
_LOOKS = (Look(), Look("dark", scheme="dark"), Look("390 px", width=390, height=844))
_AXE = "axe violations"
_FIGURES = ("layout shift", "requests to other hosts", "CSP reports", _AXE)


def bar(stage: DashboardStage) -> Bar:
    """Every page, light, dark and on a phone."""
    visited = [*((path, True) for path in stage.pages), (dashboard_stage.SIGN_IN, False)]
    broken: set[str] = set()
    cases = [
        Case(Label(NAME, path, look.name), partial(_run, stage, path, look, signed_in, broken), once=True)
        for path, signed_in in visited
        for look in _LOOKS
    ]
    return Bar(NAME, "What must not happen, on each page", cases, partial(_judge, len(visited), broken))


def _run(stage: DashboardStage, path: str, look: Look, signed_in: bool, broken: set[str]) -> Sample:
    with stage.browser.open(path, look, signed_in=signed_in) as page:
        page.settle()
        visit = page.visit()
        # What axe itself does to the page counts for nothing.
        violations = page.violations()
    broken.update(f"{violation} of {path}" for violation in violations)
    return dict(zip(_FIGURES, (visit.shift, visit.foreign, visit.reports, len(violations)), strict=True))


def _judge(pages: int, broken: set[str], results: Results) -> list[Verdict]:
    verdicts = []
    for figure in _FIGURES:
        worst = max(results.spread(label, figure).high for label in results.labels(NAME))
        measured = "; ".join((f"{worst:.3g}", *(sorted(broken) if figure == _AXE else ())))
        verdicts.append(Verdict(NAME, f"{figure}, worst of {pages} pages", "0", measured, worst == 0))
    return verdicts
