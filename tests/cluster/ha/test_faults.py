"""Three members survive every single fault without an operator, and what is done on purpose costs no request. No write is lost."""

from collections.abc import Iterable

import pytest

from tests.cluster.ha import trial
from tests.cluster.ha.instance import HaInstance
from tests.cluster.ha.scenarios import PLANNED, UNPLANNED, Scenario
from tests.cluster.usage.instances import Measured

# The bars are judged by `make bench-ha`, on a machine that does nothing else.
_PATIENCE = 4


def _each(scenarios: Iterable[Scenario]) -> pytest.MarkDecorator:
    cases = [pytest.param(each, id=each.name, marks=[pytest.mark.brief] if each.brief else []) for each in scenarios]
    return pytest.mark.parametrize("scenario", cases)


@_each(PLANNED)
def test_what_is_done_on_purpose_costs_no_request(cache: HaInstance, scenario: Scenario, record_property: Measured) -> None:
    _try(cache, scenario, record_property)


@pytest.mark.usefixtures("without_operator")
@_each(UNPLANNED)
def test_fault_costs_no_acknowledged_write(cache: HaInstance, scenario: Scenario, record_property: Measured) -> None:
    _try(cache, scenario, record_property)


def _try(instance: HaInstance, scenario: Scenario, record_property: Measured) -> None:
    seen = trial.run(instance, scenario.fault, *scenario.targets)
    for name, value in seen.measured().items():
        record_property(name, round(value, 2))
    assert scenario.limits.missed(seen, patience=_PATIENCE) == [], "\n".join(seen.examples)
