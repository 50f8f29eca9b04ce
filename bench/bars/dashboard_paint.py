"""The time until a page is there: the largest contentful paint, on this machine and on a slow one with a slow network."""

from functools import partial

from bench import dashboard_stage
from bench.browser import Throttle
from bench.dashboard_stage import DashboardStage
from bench.measure import Bar, Case, Label, Results, Sample, Verdict

NAME = "paint"
_PAINT, _SHIFT = "largest paint s", "layout shift"
_PLAIN, _SLOW = "plain", "CPU × 4, 1.6 Mbit/s"
_MOST_SECONDS = {_PLAIN: 0.5, _SLOW: 1.0}
_THROTTLES = {_PLAIN: None, _SLOW: Throttle(4, 1.6e6)}
_PAGES = {"list": dashboard_stage.LIST, "instance": dashboard_stage.INSTANCE}


def bar(stage: DashboardStage) -> Bar:
    """A browser without a cache visits the list and an instance, in each round."""
    cases = [
        Case(Label(NAME, name, throttle), partial(_run, stage, path, _THROTTLES[throttle]))
        for throttle in _MOST_SECONDS
        for name, path in _PAGES.items()
    ]
    return Bar(NAME, "Time to the largest contentful paint, first visit", cases, partial(_judge, cases))


def _run(stage: DashboardStage, path: str, throttle: Throttle | None) -> Sample:
    with stage.browser.open(path, throttle=throttle) as page:
        page.settle()
        visit = page.visit()
    return {_PAINT: visit.paint, _SHIFT: visit.shift}


def _judge(cases: list[Case], results: Results) -> list[Verdict]:
    verdicts = []
    for label in (case.label for case in cases):
        found, most = results.spread(label, _PAINT), _MOST_SECONDS[label.contender]
        measured = f"{found.median:.2f} s ({found.low:.2f}–{found.high:.2f})"
        verdicts.append(Verdict(NAME, f"{label.work}, {label.contender}", f"≤ {most:g} s", measured, found.median <= most))
    return verdicts
