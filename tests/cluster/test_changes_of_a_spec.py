"""A change of a spec, on an instance that serves: what it does to the pod."""

from tests.cluster.gateway import key_of, persistence_of, read, wait_until_ready, write
from tests.harness.cluster import Namespace, instance
from tests.harness.operator import Operator
from tests.harness.waiting import wait_until

SOON = 30


def test_more_memory_is_given_to_the_running_pod(operator: Operator, cluster: Namespace) -> None:
    cluster.apply(instance("larger", capacity="256Mi"))
    wait_until_ready(cluster, "larger")
    before = cluster.get("pod", "larger-0")
    assert before is not None
    limit = before["spec"]["containers"][0]["resources"]["limits"]["memory"]
    cluster.patch("redishttpinstance", "larger", {"spec": {"maxmemory": "200Mi"}})
    after = cluster.wait_for(
        "pod",
        "larger-0",
        lambda body: body["status"]["containerStatuses"][0]["resources"]["limits"]["memory"] != limit,
        limit_seconds=SOON,
        what="a higher limit",
    )
    assert after["metadata"]["uid"] == before["metadata"]["uid"]
    assert all(container["restartCount"] == 0 for container in after["status"]["containerStatuses"])
    assert operator.running


def test_what_only_a_restart_can_change_restarts_the_pod_and_keeps_the_data(operator: Operator, cluster: Namespace) -> None:
    cluster.apply(instance("restarted"))
    url = wait_until_ready(cluster, "restarted")
    key = key_of(cluster, "restarted")
    write(url, key, "kept")
    before = cluster.get("pod", "restarted-0")
    assert before is not None
    cluster.patch("redishttpinstance", "restarted", {"spec": {"limits": {"maxRequests": 100}}})
    cluster.wait_for(
        "pod", "restarted-0", lambda body: body["metadata"]["uid"] != before["metadata"]["uid"], limit_seconds=90, what="another pod"
    )
    wait_until_ready(cluster, "restarted")
    assert read(url, key) == "kept"
    assert operator.running


def test_data_survive_persistence_that_changes_and_changes_back_with_a_restart(operator: Operator, cluster: Namespace) -> None:
    cluster.apply(instance("persistent"))
    url = wait_until_ready(cluster, "persistent")
    key = key_of(cluster, "persistent")
    write(url, key, "before")
    cluster.patch("redishttpinstance", "persistent", {"spec": {"persistence": "rdb"}})
    wait_until(lambda: persistence_of(url, key)["aof_enabled"] == "0", limit_seconds=SOON, what="snapshots")
    write(url, key, "since")
    before = cluster.get("pod", "persistent-0")
    assert before is not None
    assert all(container["restartCount"] == 0 for container in before["status"]["containerStatuses"])

    cluster.patch("redishttpinstance", "persistent", {"spec": {"persistence": "aof", "limits": {"maxRequests": 100}}})
    cluster.wait_for(
        "pod", "persistent-0", lambda body: body["metadata"]["uid"] != before["metadata"]["uid"], limit_seconds=90, what="another pod"
    )
    wait_until_ready(cluster, "persistent")
    assert read(url, key) == "since"
    wait_until(lambda: persistence_of(url, key)["aof_enabled"] == "1", limit_seconds=SOON, what="an append-only file")
    assert operator.running


def test_a_route_is_replaced_by_one_of_the_gateway_api(operator: Operator, cluster: Namespace) -> None:
    cluster.apply(instance("moved"))
    url = wait_until_ready(cluster, "moved")
    write(url, key_of(cluster, "moved"), "here")
    cluster.patch("redishttpinstance", "moved", {"spec": {"routing": "HTTPRoute"}})
    cluster.wait_for("httproute", "moved", lambda body: body.get("status", {}).get("parents"), limit_seconds=SOON, what="taken")
    cluster.wait_until_gone("ingress", "moved", limit_seconds=SOON)
    assert wait_until_ready(cluster, "moved") == url
    assert read(url, key_of(cluster, "moved")) == "here"
    assert operator.running
