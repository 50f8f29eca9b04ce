"""The key of an instance on a real cluster: generated, rotated, provided by its owner."""

import base64

from tests.cluster.gateway import key_of, read, status_with, wait_until_ready, write
from tests.harness.cluster import Namespace, instance
from tests.harness.operator import Operator
from tests.harness.waiting import wait_until

SOON = 10


def test_a_rotation_refuses_neither_key_during_the_grace_and_restarts_nothing(operator: Operator, cluster: Namespace) -> None:
    cluster.apply(instance("rotated"))
    url = wait_until_ready(cluster, "rotated")
    pod = cluster.get("pod", "rotated-0")
    old = key_of(cluster, "rotated")
    write(url, old, "kept")
    cluster(
        "annotate", "redishttpinstance", "rotated", "cache.yourcompany.com/rotate-key=one", "cache.yourcompany.com/rotate-key-grace=15s"
    )
    wait_until(lambda: key_of(cluster, "rotated") != old, limit_seconds=SOON, what="a new key")
    new = key_of(cluster, "rotated")
    assert key_of(cluster, "rotated", "api_key_previous") == old
    wait_until(lambda: status_with(url, new) == 200 or status_with(url, old) != 200, limit_seconds=SOON, what="the new key accepted")
    assert (status_with(url, new), status_with(url, old)) == (200, 200)
    assert read(url, new) == "kept"
    wait_until(lambda: status_with(url, old) == 401, limit_seconds=15 + SOON, what="the old key refused")
    assert status_with(url, new) == 200
    body = cluster.wait_for(
        "redishttpinstance",
        "rotated",
        lambda body: "previousKeyExpiresAt" not in body["status"]["keyRotation"],
        limit_seconds=SOON,
        what="over",
    )
    assert body["status"]["keyRotation"]["request"] == "one"
    after = cluster.get("pod", "rotated-0")
    assert pod is not None
    assert after is not None
    assert after["metadata"]["uid"] == pod["metadata"]["uid"]
    assert old not in operator.log()
    assert new not in operator.log()


def test_a_secret_that_was_there_before_is_used_and_not_written(operator: Operator, cluster: Namespace) -> None:
    key = "my-own-key-0123456789-0123456789-0123456789"
    data = {"api_key": base64.b64encode(key.encode()).decode()}
    cluster.apply({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "provided-auth"}, "data": data})
    before = cluster.get("secret", "provided-auth")
    cluster.apply(instance("provided", annotations={"cache.yourcompany.com/rotate-key": "one"}))
    url = wait_until_ready(cluster, "provided")
    write(url, key, "mine")
    assert cluster.get("secret", "provided-auth") == before
    assert operator.running
