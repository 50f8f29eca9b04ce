"""The metrics page: what it says of the controllers and of the instances."""

import asyncio
import re
import time
from pathlib import Path
from typing import Any

import pytest

from kuberedis_core.body import Body
from kuberedis_operator.instance.instance_metrics import InstanceMetrics
from kuberedis_operator.runtime import loop_lag
from kuberedis_operator.runtime.metrics import OperatorMetrics
from kuberedis_operator.runtime.object_cache import ObjectCache, key_of
from kuberedis_operator.status.instance_state import ConditionState, InstanceState, instance_state
from tests.harness.waiting import until


class Controller:
    """A controller in a state of the test's choice."""

    def __init__(self, queued: int, oldest: float, age: float, last: float) -> None:
        self._queued = queued
        self._oldest = oldest
        self._age = age
        self._last = last

    def queue_length(self) -> int:
        """See `Observable`."""
        return self._queued

    def oldest_seconds(self) -> float:
        """See `Observable`."""
        return self._oldest

    def resync_age(self) -> float:
        """See `Observable`."""
        return self._age

    def last_resync(self) -> float:
        """See `Observable`."""
        return self._last

    def resync_interval(self) -> float:
        """See `Observable`."""
        return 300.0


def lines(metrics: OperatorMetrics, *beginnings: str) -> list[str]:
    return [line for line in metrics.render().decode().splitlines() if line.startswith(beginnings)]


@pytest.mark.parametrize(
    ("controllers", "queued", "oldest", "age", "last"),
    [([(3, 2, 1.5, 100)], 3, 2, 1.5, 100), ([(3, 2, 1.5, 100), (1, 7, 9, 0)], 4, 7, 9, 0)],
    ids=["one", "several: sums, and the worst of them"],
)
def test_state_of_the_controllers(
    controllers: list[tuple[int, float, float, float]], queued: int, oldest: float, age: float, last: float
) -> None:
    metrics = OperatorMetrics()
    for controller in controllers:
        metrics.observe(Controller(*controller))
    assert lines(metrics, "kuberedis_operator_queue", "kuberedis_operator_resync", "kuberedis_operator_last") == [
        f"kuberedis_operator_queue_length {float(queued)}",
        f"kuberedis_operator_queue_oldest_seconds {float(oldest)}",
        f"kuberedis_operator_resync_age_seconds {float(age)}",
        f"kuberedis_operator_last_resync_timestamp_seconds {float(last)}",
        "kuberedis_operator_resync_interval_seconds 300.0",
    ]


def test_results_of_reconciles_begin_with_zero_so_that_the_first_fault_is_an_increase() -> None:
    assert lines(OperatorMetrics(), "kuberedis_operator_reconciles_total") == [
        f'kuberedis_operator_reconciles_total{{result="{result}"}} 0.0' for result in ("ok", "refused", "unavailable", "fault")
    ]


def instance(name: str, version: int, ready: str, reason: str, *, spec: Body | None = None, **status: Any) -> Body:
    condition = {"type": "Ready", "status": ready, "reason": reason, "message": "m"}
    return {
        "metadata": {"namespace": "shop", "name": name, "resourceVersion": str(version)},
        "spec": spec or {},
        "status": {"conditions": [condition], **status},
    }


@pytest.mark.parametrize(
    ("body", "state"),
    [
        ({}, InstanceState((), False, None, None)),
        (instance("a", 1, "True", "Serving"), InstanceState((ConditionState("Ready", "True", "Serving"),), False, None, None)),
        (
            instance("a", 1, "False", "Paused", spec={"paused": True}, members=[{}, {}, {}], inSyncReplicas=0),
            InstanceState((ConditionState("Ready", "False", "Paused"),), True, 3, 0),
        ),
    ],
    ids=["before its first status", "one member", "three members, paused"],
)
def test_state_of_an_instance(body: Body, state: InstanceState) -> None:
    assert instance_state(body) == state


def test_each_instance_has_the_series_of_what_it_is_now_and_a_deleted_one_has_none() -> None:
    cache, metrics = ObjectCache(), OperatorMetrics()
    metrics.add(InstanceMetrics(cache).render)
    first, second = instance("a", 1, "True", "Serving"), instance("b", 2, "False", "PodNotReady", members=[{}] * 3, inSyncReplicas=2)

    def page() -> list[str]:
        return lines(metrics, "kuberedis_instance_", "kuberedis_operator_instances{")

    cache.put(second)
    cache.put(first)
    assert page() == [
        'kuberedis_operator_instances{condition="Ready",status="False"} 1',
        'kuberedis_operator_instances{condition="Ready",status="True"} 1',
        'kuberedis_instance_condition{namespace="shop",name="a",condition="Ready",status="True",reason="Serving"} 1',
        'kuberedis_instance_condition{namespace="shop",name="b",condition="Ready",status="False",reason="PodNotReady"} 1',
        'kuberedis_instance_paused{namespace="shop",name="a"} 0',
        'kuberedis_instance_paused{namespace="shop",name="b"} 0',
        'kuberedis_instance_members{namespace="shop",name="b"} 3',
        'kuberedis_instance_in_sync_members{namespace="shop",name="b"} 2',
    ]
    cache.put(instance("a", 3, "False", "NoPrimary", spec={"paused": True}))
    cache.remove(key_of(second), 4)
    assert page() == [
        'kuberedis_operator_instances{condition="Ready",status="False"} 1',
        'kuberedis_instance_condition{namespace="shop",name="a",condition="Ready",status="False",reason="NoPrimary"} 1',
        'kuberedis_instance_paused{namespace="shop",name="a"} 1',
    ]


def test_each_exported_metric_is_in_the_reference_and_each_of_the_reference_is_exported() -> None:
    cache, metrics = ObjectCache(), OperatorMetrics()
    metrics.add(InstanceMetrics(cache).render)
    cache.put(instance("a", 1, "True", "Serving", members=[{}] * 3, inSyncReplicas=3))
    exported = set(re.findall(r"^# TYPE (kuberedis_\w+)", metrics.render().decode(), re.MULTILINE))
    of_operator = (Path(__file__).parents[3] / "docs/reference/metrics.md").read_text(encoding="utf-8").partition("## The operator")[2]
    assert set(re.findall(r"\bkuberedis_\w+", of_operator)) == exported


def test_lag_of_the_event_loop_is_what_keeps_it_from_a_timer() -> None:
    seen: list[float] = []

    async def block() -> None:
        measuring = asyncio.create_task(loop_lag.measure(seen.append, every_seconds=0.01))
        await asyncio.sleep(0)
        time.sleep(0.2)  # noqa: ASYNC251  (what is measured)
        await until(lambda: bool(seen))
        measuring.cancel()

    asyncio.run(block())
    assert 0.1 < seen[0] < 5
