"""The metrics page: what it says of the controllers."""

from collections import Counter

from kuberedis_operator.runtime.metrics import OperatorMetrics


class Controller:
    """A controller in a state of the test's choice."""

    def __init__(self, queued: int, ready: int, age: float) -> None:
        self._queued = queued
        self._ready = ready
        self._age = age

    def queue_length(self) -> int:
        """See `Observable`."""
        return self._queued

    def condition_counts(self) -> Counter[tuple[str, str]]:
        """See `Observable`."""
        return Counter({("Ready", "True"): self._ready})

    def resync_age(self) -> float:
        """See `Observable`."""
        return self._age


def page(*controllers: Controller) -> list[str]:
    """The lines about controllers."""
    metrics = OperatorMetrics()
    for controller in controllers:
        metrics.observe(controller)
    lines = metrics.render().decode().splitlines()
    return [line for line in lines if line.startswith(("kuberedis_operator_queue", "kuberedis_operator_resync", "kuberedis_operator_inst"))]


def test_one_controller() -> None:
    assert page(Controller(3, 2, 1.5)) == [
        "kuberedis_operator_queue_length 3.0",
        "kuberedis_operator_resync_age_seconds 1.5",
        'kuberedis_operator_instances{condition="Ready",status="True"} 2.0',
    ]


def test_several_controllers_are_summed_and_the_oldest_resync_counts() -> None:
    assert page(Controller(3, 2, 1.5), Controller(1, 1, 9.0)) == [
        "kuberedis_operator_queue_length 4.0",
        "kuberedis_operator_resync_age_seconds 9.0",
        'kuberedis_operator_instances{condition="Ready",status="True"} 3.0',
    ]
