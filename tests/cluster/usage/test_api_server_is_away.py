"""The API server is frozen for half a minute: instances go on serving, and the operator goes on once it is back.

The test waits for the ingress controller too, which the other tests of the cluster need.
"""

import time

from tests.cluster.usage.installation import Operator
from tests.cluster.usage.instances import Measured, Tenant
from tests.cluster.usage.processes import frozen_api_server
from tests.cluster.usage.steadiness import assert_stays
from tests.faults.traffic import echo, traffic
from tests.harness.waiting import wait_until

AWAY_SECONDS = 30
INGRESS_SECONDS = 90
"""The ingress controller notices a broken watch only after half a minute, and then lists everything again."""


def test_instances_serve_and_the_operator_recovers(operator: Operator, blue: Tenant, record_property: Measured) -> None:
    instance = blue.instance("changed").wait_until_serving()
    restarts, lives = operator.restarts(), instance.lives()
    with traffic(instance, echo, clients=2, pause=0.05) as result:
        with frozen_api_server():
            assert_stays(lambda: {one.status for one in result.seen} <= {200}, seconds=AWAY_SECONDS, what="answers")
        back = time.monotonic()
        blue.change("changed", podTemplate={"annotations": {"example.com/after": "the outage"}})
        wait_until(
            lambda: instance.pod()["metadata"]["annotations"].get("example.com/after") == "the outage",
            limit_seconds=60,
            what="a change applied by the operator",
        )
        record_property("seconds until the operator applies a change", round(time.monotonic() - back, 1))
        result.wait_for(20)
    assert {one.status for one in result.seen} == {200}
    assert result.failures == []
    assert operator.restarts() == restarts
    assert instance.lives() == lives
    blue.kubectl("delete", "pod", "changed-0")
    instance.wait_until_serving(ingress_seconds=INGRESS_SECONDS)
    record_property("seconds until the ingress leads to another pod", round(time.monotonic() - back, 1))
