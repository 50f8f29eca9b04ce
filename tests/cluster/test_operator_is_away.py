"""The operator, or its connection to the API server, is interrupted and comes back."""

import time

from tests.cluster.gateway import key_of, read, wait_until_ready, write
from tests.harness.api_server_relay import ApiServerRelay
from tests.harness.cluster import Namespace, instance
from tests.harness.operator import Operator
from tests.harness.waiting import wait_until

SOON = 30


def test_an_instance_is_deleted_without_the_operator_and_finds_its_data_again(operator: Operator, cluster: Namespace) -> None:
    cluster.apply(instance("retained"))
    url = wait_until_ready(cluster, "retained")
    write(url, key_of(cluster, "retained"), "still there")
    operator.stop()
    cluster("delete", "redishttpinstance", "retained", "--timeout=20s")
    cluster.wait_until_gone("statefulset", "retained", limit_seconds=SOON)
    cluster.wait_until_gone("secret", "retained-auth", limit_seconds=SOON)
    assert cluster.get("persistentvolumeclaim", "data-retained-0") is not None
    operator.start()
    cluster.apply(instance("retained"))
    url = wait_until_ready(cluster, "retained")
    assert read(url, key_of(cluster, "retained")) == "still there"


def test_a_volume_is_deleted_with_its_instance_if_the_policy_says_so(operator: Operator, cluster: Namespace) -> None:
    cluster.apply(instance("volatile", deletionPolicy="Delete"))
    wait_until_ready(cluster, "volatile")
    cluster("delete", "redishttpinstance", "volatile")
    cluster.wait_until_gone("persistentvolumeclaim", "data-volatile-0", limit_seconds=90)
    assert operator.running


def test_the_operator_survives_an_unreachable_api_server_and_loses_no_work(
    operator: Operator, cluster: Namespace, relay: ApiServerRelay
) -> None:
    cluster.apply(instance("patient"))
    wait_until_ready(cluster, "patient")
    relay.cut()
    cut_at = time.monotonic()
    cluster("delete", "configmap", "patient-config")
    cluster.apply(instance("newcomer"))
    wait_until(lambda: time.monotonic() > cut_at + SOON, limit_seconds=SOON + 5, what="a long outage")
    assert operator.running
    assert operator.answers("/livez")
    assert cluster.get("configmap", "patient-config") is None
    relay.restore()
    cluster.wait_for("configmap", "patient-config", bool, limit_seconds=SOON, what="recreated")
    wait_until_ready(cluster, "newcomer")


def test_an_operator_that_is_killed_amid_its_work_finishes_it_after_its_start(operator: Operator, cluster: Namespace) -> None:
    names = [f"amid-{number}" for number in range(10)]
    cluster.apply(*(instance(name, podTemplate={"nodeSelector": {"no": "node"}}) for name in names))
    wait_until(lambda: cluster.get("service", f"{names[0]}-http") is not None, limit_seconds=SOON, what="work begun")
    operator.stop(kill=True)
    operator.start()
    for name in names:
        for kind, child in (("secret", f"{name}-auth"), ("statefulset", name), ("ingress", name)):
            cluster.wait_for(kind, child, bool, limit_seconds=SOON, what="there")
