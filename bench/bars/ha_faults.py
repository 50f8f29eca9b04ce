"""What each fault of an instance of three members costs its clients: the scenarios of the tests, tried several times."""

from collections.abc import Iterable
from functools import partial

from bench.errors import BenchError
from bench.figures import number
from bench.ha_stage import HaStage
from bench.measure import Bar, Case, Label, Results, Sample, Verdict
from tests.cluster.ha import scenarios, trial
from tests.cluster.ha.scenarios import Scenario

UNPLANNED = "faults"
PLANNED = "planned"
_CONTENDER = "three members"


def unplanned(stage: HaStage, names: list[str]) -> Bar:
    """Every fault, or those of these names, without an operator."""
    return _bar(UNPLANNED, "What a fault costs, without an operator", stage, scenarios.UNPLANNED, names)


def planned(stage: HaStage, names: list[str]) -> Bar:
    """Everything that is done on purpose, or what has these names."""
    return _bar(PLANNED, "What is done on purpose", stage, scenarios.PLANNED, names)


def _bar(name: str, title: str, stage: HaStage, known: Iterable[Scenario], names: list[str]) -> Bar:
    chosen = [scenario for scenario in known if scenario.name in names or not names]
    cases = [Case(Label(name, scenario.what, _CONTENDER), partial(_run, stage, name, scenario)) for scenario in chosen]
    return Bar(name, title, cases, partial(_judge, name, chosen))


def _run(stage: HaStage, name: str, scenario: Scenario) -> Sample:
    instance = stage.three
    if name == UNPLANNED:
        instance.wait_until_settled()
        stage.without_operator()
    else:
        stage.with_operator()
    try:
        seen = trial.run(instance, scenario.fault, *scenario.targets)
    except (AssertionError, LookupError, TimeoutError) as error:
        raise BenchError(f"{scenario.name}: {error}") from None
    return seen.measured()


def _judge(name: str, chosen: Iterable[Scenario], results: Results) -> list[Verdict]:
    return [
        _verdict(name, scenario, what, most, results.spread(Label(name, scenario.what, _CONTENDER), what).high)
        for scenario in chosen
        for what, most in scenario.limits.wanted().items()
    ]


def _verdict(name: str, scenario: Scenario, what: str, most: float, worst: float) -> Verdict:
    return Verdict(name, f"{scenario.what}: {what}", f"≤ {most:g}", number(worst), worst <= most)
