"""What Kubernetes makes of the objects of three members: where they run, how many may be evicted, and addresses that stay."""

import json
import subprocess

import pytest

from tests.cluster.ha.instance import HaInstance
from tests.harness.cluster import READY_SECONDS, Namespace, Object, condition, is_ready
from tests.harness.images import ROOT
from tests.harness.kubectl import Kubectl
from tests.harness.objects import Objects
from tests.harness.waiting import wait_until

_POLL_SECONDS = 0.2


def evict(namespace: str, pod: str) -> subprocess.CompletedProcess[str]:
    """Evict a pod, as a drain does."""
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"namespace": namespace, "name": pod}}
    path = f"/api/v1/namespaces/{namespace}/pods/{pod}/eviction"
    return Kubectl().run("create", f"--raw={path}", "--filename=-", stdin=json.dumps(eviction))


def is_whole(body: Object) -> bool:
    """Whether an instance serves, and all its members have all data."""
    return is_ready(body) and condition(body, "Replicated")[0] == "True"


@pytest.mark.brief
def test_the_sample_becomes_an_instance_that_could_lose_a_member(namespace: Namespace) -> None:
    namespace("apply", "--filename", str(ROOT / "config" / "samples" / "ha.yaml"))
    try:
        # Its NetworkPolicy keeps everybody from its members but the operator, so that the status has to tell.
        namespace.wait_for("redishttpinstance", "checkout", is_whole, limit_seconds=READY_SECONDS, what="whole")
    finally:
        namespace("delete", "redishttpinstance", "checkout")


def test_members_run_on_different_nodes(cache: HaInstance) -> None:
    assert len({cache.node_of(name) for name in cache.names}) == 3


def test_one_member_is_evicted_at_a_time(cache: HaInstance, namespace: Namespace) -> None:
    cache.wait_until_settled()
    first, second = cache.replicas()
    before = cache.pod(first)["metadata"]["uid"]
    assert evict(namespace.name, first).returncode == 0
    refused = evict(namespace.name, second)
    assert refused.returncode != 0
    assert "it would violate the pod's disruption budget" in refused.stderr
    wait_until(
        lambda: (cache.pods().get(first) or {"metadata": {"uid": before}})["metadata"]["uid"] != before,
        limit_seconds=60,
        what="another pod",
        every_seconds=_POLL_SECONDS,
    )
    cache.wait_until_settled()


@pytest.mark.parametrize("role", ["primary", "replica"])
def test_a_service_that_is_deleted_has_its_address_again(cache: HaInstance, namespace: Namespace, objects: Objects, role: str) -> None:
    primary = cache.wait_until_settled()
    name = primary if role == "primary" else cache.replicas()[0]

    def address() -> str:
        service = objects.get("Service", namespace.name, name) or {"spec": {}}
        return str(service["spec"].get("clusterIP", ""))

    before = address()
    namespace("delete", "service", name)
    assert wait_until(address, what="the Service", every_seconds=_POLL_SECONDS) == before
    assert cache.wait_until_settled() == primary
