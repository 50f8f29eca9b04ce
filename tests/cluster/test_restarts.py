"""What it takes to restart a pod, and what the clients of an instance notice of a change of its image."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
import pytest

from tests.cluster.gateway import key_of, read, wait_until_ready, write
from tests.harness.cluster import Namespace, condition, instance
from tests.harness.operator import Operator
from tests.harness.waiting import wait_until

PULL_SECONDS = 60
NAME = "steady"


@pytest.fixture(scope="module")
def url(operator: Operator, cluster: Namespace) -> str:
    """The URL of an instance that serves a value."""
    assert operator.running
    cluster.apply(instance(NAME))
    found = wait_until_ready(cluster, NAME)
    write(found, key_of(cluster, NAME), "kept")
    return found


@dataclass
class Traffic:
    """Requests of one client, one after the other."""

    answered: int = 0
    failed: int = 0


@contextmanager
def traffic(url: str, key: str) -> Iterator[Traffic]:
    """Read the value all the time."""
    counted, stop = Traffic(), threading.Event()

    def send() -> None:
        with httpx.Client(headers={"Authorization": f"Bearer {key}"}) as client:
            while not stop.is_set():
                try:
                    is_answered = client.get(f"{url}/keys/greeting").status_code == 200
                except httpx.HTTPError:
                    is_answered = False
                counted.answered += is_answered
                counted.failed += not is_answered

    sender = threading.Thread(target=send)
    sender.start()
    try:
        yield counted
    finally:
        stop.set()
        sender.join()


def test_an_image_that_does_not_exist_costs_no_request(cluster: Namespace, url: str) -> None:
    before = _pod_uid(cluster)
    with traffic(url, key_of(cluster, NAME)) as counted:
        cluster.patch("redishttpinstance", NAME, {"spec": {"version": "8.99"}})
        body = cluster.wait_for(
            "redishttpinstance",
            NAME,
            lambda body: condition(body, "Degraded")[1] == "ImageNotPulled",
            limit_seconds=PULL_SECONDS,
            what="degraded",
        )
        assert "8.99" in condition(body, "Degraded")[2]
        assert condition(body, "Ready")[0] == "True"
        answered = counted.answered
        wait_until(lambda: counted.answered > answered + 100, what="more answers")
        cluster.patch("redishttpinstance", NAME, {"spec": {"version": None}})
        cluster.wait_until_gone("pod", f"{NAME}-image", limit_seconds=PULL_SECONDS)
    assert (counted.failed, counted.answered > 100) == (0, True)
    assert _pod_uid(cluster) == before


def test_a_restart_that_kubectl_requests_happens(cluster: Namespace, url: str) -> None:
    before = _pod_uid(cluster)
    cluster("rollout", "restart", f"statefulset/{NAME}")
    cluster.wait_for("pod", f"{NAME}-0", lambda body: body["metadata"]["uid"] != before, limit_seconds=90, what="another pod")
    wait_until_ready(cluster, NAME)
    assert read(url, key_of(cluster, NAME)) == "kept"
    after = _pod_uid(cluster)
    cluster.patch("redishttpinstance", NAME, {"spec": {"maxmemory": "30Mi"}})
    wait_until_ready(cluster, NAME)
    assert _pod_uid(cluster) == after


def test_an_image_that_exists_is_pulled_first(operator: Operator, cluster: Namespace) -> None:
    cluster.apply(instance("swapped", persistence="none"))
    wait_until_ready(cluster, "swapped")
    cluster.patch("redishttpinstance", "swapped", {"spec": {"version": "valkey-8"}})
    pulling = cluster.wait_for("pod", "swapped-image", lambda _: True, limit_seconds=PULL_SECONDS, what="there")
    running = cluster.get("pod", "swapped-0") or {}
    assert "deletionTimestamp" not in running["metadata"]
    assert [container["image"] for container in pulling["spec"]["containers"]] == ["localhost/valkey:8"]
    cluster.wait_for(
        "pod",
        "swapped-0",
        lambda body: any("valkey" in container["image"] for container in body["spec"]["containers"]),
        limit_seconds=90,
        what="of the new image",
    )
    wait_until_ready(cluster, "swapped")
    cluster.wait_until_gone("pod", "swapped-image", limit_seconds=PULL_SECONDS)
    assert operator.running


def _pod_uid(cluster: Namespace) -> str:
    body = cluster.get("pod", f"{NAME}-0")
    assert body is not None
    return str(body["metadata"]["uid"])
