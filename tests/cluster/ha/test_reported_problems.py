"""What the status says of members that do not come back by themselves, and what a person can do."""

import signal

from tests.cluster.ha import nodes, trial
from tests.cluster.ha.containers import ContainerProcesses
from tests.cluster.ha.faults import Effect
from tests.cluster.ha.instance import HaInstance
from tests.cluster.ha.writers import Record
from tests.cluster.usage.installation import Operator
from tests.harness.cluster import Object, condition

_REPORTED_SECONDS = 120
"""Kubernetes gives a node up after 50 s."""


def wait_until_degraded(instance: HaInstance, reason: str) -> Object:
    """The instance, once it is degraded for this reason; an empty one stands for none."""
    return instance.kubectl.wait_for(
        "redishttpinstance",
        instance.name,
        lambda body: condition(body, "Degraded")[:2] == (("True", reason) if reason else ("False", "AsExpected")),
        limit_seconds=_REPORTED_SECONDS,
        what=reason or "in order",
    )


def test_member_on_a_lost_node_is_reported_until_the_node_is_back(cache: HaInstance, operator: Operator) -> None:
    cache.wait_until_settled()
    node = next(name for name in nodes.names() if name not in (nodes.INGRESS_NODE, operator.pod()["spec"]["nodeName"]))
    if cache.node_of(cache.primary()) == node:
        cache.switch_over()
    [member] = [name for name in cache.names if cache.node_of(name) == node]
    with nodes.stopped(node):
        body = wait_until_degraded(cache, "NodeLost")
        assert f"node {node} does not answer, so {member} is down" in condition(body, "Degraded")[2]
        assert condition(body, "Ready")[0] == "True"
        cache.kubectl.wait_for(
            "redishttpinstance",
            cache.name,
            lambda body: condition(body, "Replicated")[:2] == ("False", "ReplicaDown"),
            limit_seconds=_REPORTED_SECONDS,
            what="ReplicaDown",
        )
    wait_until_degraded(cache, "")
    cache.wait_until_settled()


def test_person_decides_when_the_primary_does_not_come_back(cache: HaInstance) -> None:
    chosen = ""

    def lose_primary(instance: HaInstance, _: Record) -> Effect:
        nonlocal chosen
        primary, pods = instance.primary(), instance.pods()
        lost = ContainerProcesses.of(pods.pop(primary), "redis")
        others = [ContainerProcesses.of(pod, "redis") for pod in pods.values()]
        lost.send(signal.SIGSTOP)
        try:
            for each in others:
                each.send(signal.SIGKILL)
            body = wait_until_degraded(instance, "PrimaryLost")
            assert f"{primary}, which has the newest data, does not come back" in condition(body, "Degraded")[2]
            assert condition(body, "Ready")[0] == "False"
            chosen = min(pods)
            instance.kubectl("annotate", "rhi", instance.name, f"cache.yourcompany.com/promote={chosen}", "--overwrite")
            instance.kubectl.wait_for(
                "redishttpinstance",
                instance.name,
                lambda body: (body["status"].get("primary"), condition(body, "Ready")[0]) == (chosen, "True"),
                limit_seconds=_REPORTED_SECONDS,
                what=f"served by {chosen}",
            )
        finally:
            lost.send(signal.SIGCONT)
        return Effect()

    seen = trial.run(cache, lose_primary)
    assert seen.lost == 0, seen.examples
    assert cache.primary() == chosen
    wait_until_degraded(cache, "")
