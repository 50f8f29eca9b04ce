"""The result of a reconcile."""

import pytest

from kuberedis_core.api_kind import Kind
from kuberedis_operator.resources.kinds import CONFIG_MAP, INGRESS, SECRET, SERVICE
from kuberedis_operator.status.reconcile_result import Outcome, ReconcileResult

RESULT = ReconcileResult(
    outcomes={(SECRET, "a-auth"): Outcome.UNCHANGED, (CONFIG_MAP, "a-config"): Outcome.UPDATED, (SERVICE, "a-http"): Outcome.UPDATED}
)


@pytest.mark.parametrize(
    ("kinds", "wrote"),
    [([], True), ([CONFIG_MAP], True), ([SECRET, CONFIG_MAP], True), ([SECRET], False), ([INGRESS], False)],
)
def test_whether_children_were_written(kinds: list[Kind], wrote: bool) -> None:
    assert RESULT.wrote(*kinds) is wrote


def test_a_reconcile_that_left_everything_as_it_was_wrote_nothing() -> None:
    assert not ReconcileResult(outcomes={(SECRET, "a-auth"): Outcome.UNCHANGED}).wrote()
    assert not ReconcileResult().wrote()


@pytest.mark.parametrize(
    ("outcome", "names"),
    [(Outcome.UPDATED, "ConfigMap a-config, Service a-http"), (Outcome.UNCHANGED, "Secret a-auth"), (Outcome.CREATED, "")],
)
def test_names_are_for_people(outcome: Outcome, names: str) -> None:
    assert RESULT.names(outcome) == names
