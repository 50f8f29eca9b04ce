"""Lighthouse's scores of the list and of an instance, as it rates phones."""

from functools import partial

from bench import dashboard_stage, node
from bench.dashboard_stage import DashboardStage
from bench.measure import Bar, Case, Label, Results, Sample, Verdict

NAME = "lighthouse"
_LEAST = {"performance": 95.0, "accessibility": 100.0, "best-practices": 100.0}
_PAGES = {"list": dashboard_stage.LIST, "instance": dashboard_stage.INSTANCE}
_LABELS = [Label(NAME, "phone", name) for name in _PAGES]


def bar(stage: DashboardStage) -> Bar:
    """Each page once a round."""
    cases = [Case(label, partial(_run, stage, _PAGES[label.contender])) for label in _LABELS]
    return Bar(NAME, "Scores of Lighthouse", cases, _judge)


def _run(stage: DashboardStage, path: str) -> Sample:
    headers = {"Authorization": f"Bearer {stage.ground.user}"}
    report = node.lighthouse(stage.dashboard.origin + path, headers, stage.folder(NAME))
    return {category: report["categories"][category]["score"] * 100 for category in _LEAST}


def _judge(results: Results) -> list[Verdict]:
    verdicts = []
    for label in _LABELS:
        for category, least in _LEAST.items():
            found = results.spread(label, category).median
            verdicts.append(Verdict(NAME, f"{category}, {label.contender}", f"≥ {least:g}", f"{found:.0f}", found >= least))
    return verdicts
