"""Three members without any file keep their data while one of them is alive: a process that restarts with nothing is no primary."""

from collections.abc import Callable, Iterator

import pytest

from tests.cluster.ha import faults, trial
from tests.cluster.ha.instance import HaInstance
from tests.cluster.ha.scenarios import Limits
from tests.harness.cluster import Namespace


@pytest.fixture
def volatile(create: Callable[..., HaInstance], namespace: Namespace) -> Iterator[HaInstance]:
    """An instance that writes nothing to disk."""
    instance = create("volatile", persistence="none")
    yield instance
    namespace("delete", "redishttpinstance", instance.name)


def test_process_that_restarts_with_nothing_costs_no_data(volatile: HaInstance) -> None:
    seen = trial.run(volatile, faults.kill_primary)
    assert Limits(failed=0).missed(seen) == [], "\n".join(seen.examples)
