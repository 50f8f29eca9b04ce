"""A key is rotated while clients are at work: none that holds a valid key is refused, and nothing restarts."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from tests.cluster.usage.instances import SOON_SECONDS, Instance, Measured, Tenant
from tests.faults.traffic import echo, traffic
from tests.harness.waiting import wait_until

GRACE_SECONDS = 8


def wait_for_another_key(instance: Instance, old: str) -> str:
    wait_until(lambda: instance.api_key != old, limit_seconds=SOON_SECONDS, what="another key in the Secret")
    return instance.api_key


def seconds_until(instance: Instance, key: str, status: int, limit_seconds: float = SOON_SECONDS) -> float:
    """How long it takes until a request with this key gets this status."""
    began = datetime.now(UTC)
    wait_until(lambda: instance.status_of(key) == status, limit_seconds=limit_seconds, what=f"status {status}")
    return (datetime.now(UTC) - began).total_seconds()


def test_the_old_key_is_valid_until_its_grace_ends(blue: Tenant, record_property: Measured) -> None:
    instance = blue.instance("rotated").wait_until_serving()
    lives, old = instance.lives(), instance.api_key
    with traffic(instance, echo, clients=2, pause=0.01) as with_old_key:
        with_old_key.wait_for(20)
        command = Path(sys.executable).with_name("kuberedis")
        subprocess.run([command, "rotate", "rotated", "--namespace", blue.namespace, "--grace", f"{GRACE_SECONDS}s"], check=True)
        new = wait_for_another_key(instance, old)
        record_property("seconds from the Secret to the first request with the new key", seconds_until(instance, new, 200))
        expires = datetime.fromisoformat(instance.body()["status"]["keyRotation"]["previousKeyExpiresAt"])
        with traffic(instance, echo, clients=2, pause=0.01) as with_new_key:
            with_old_key.wait_for(1, status=401, seconds=GRACE_SECONDS + SOON_SECONDS)
            refused = datetime.now(UTC)
            with_new_key.wait_for(20)
    assert refused >= expires
    record_property("seconds from the end of the grace to the end of the old key", (refused - expires).total_seconds())
    assert {one.status for one in with_new_key.seen} == {200}
    assert {one.status for one in with_old_key.seen} == {200, 401}
    assert with_old_key.failures == with_new_key.failures == []
    assert instance.lives() == lives
    assert blue.events("rotated", "KeyRotated")


def test_without_grace_the_old_key_ends_at_once(blue: Tenant) -> None:
    instance = blue.instance("rotated").wait_until_serving()
    lives, old = instance.lives(), instance.api_key
    blue.kubectl(
        "annotate",
        "redishttpinstance",
        "rotated",
        "--overwrite",
        "cache.yourcompany.com/rotate-key=now",
        "cache.yourcompany.com/rotate-key-grace=0s",
    )
    new = wait_for_another_key(instance, old)
    seconds_until(instance, new, 200)
    assert instance.status_of(old) == 401
    assert instance.lives() == lives


def test_a_key_that_was_there_before_the_instance_is_used(blue: Tenant, provided_key: str) -> None:
    instance = blue.instance("provided").wait_until_serving()
    assert instance.api_key == provided_key
    assert instance.status_of(provided_key) == 200
    secret = blue.objects.get("Secret", blue.namespace, "provided-auth")
    assert secret is not None
    assert {entry["manager"] for entry in secret["metadata"]["managedFields"]} == {"kubectl-create"}


def test_a_deleted_secret_is_recreated_with_a_new_key_and_the_status_says_so(blue: Tenant) -> None:
    instance = blue.instance("rotated").wait_until_serving()
    lives, old = instance.lives(), instance.api_key
    blue.kubectl("delete", "secret", "rotated-auth")
    wait_until(lambda: blue.objects.get("Secret", blue.namespace, "rotated-auth"), limit_seconds=5, what="the Secret")
    new = instance.api_key
    assert new != old
    seconds_until(instance, new, 200)
    assert instance.status_of(old) == 401
    wait_until(lambda: blue.events("rotated", "KeyReplaced"), limit_seconds=SOON_SECONDS, what="an Event")
    wait_until(lambda: "was replaced" in instance.condition("Ready")["message"], limit_seconds=SOON_SECONDS, what="a status that says so")
    assert instance.lives() == lives
