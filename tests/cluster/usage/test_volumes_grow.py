"""More capacity: the volume grows while the pod runs on, or the status says why it cannot."""

from tests.cluster.usage.installation import Operator
from tests.cluster.usage.instances import SOON_SECONDS, Instance, Tenant
from tests.cluster.usage.steadiness import assert_stays
from tests.harness.waiting import wait_until


def claimed(instance: Instance) -> str:
    """The size that the claim of the instance requests."""
    claim = instance.objects.get("PersistentVolumeClaim", instance.namespace, f"data-{instance.name}-0")
    assert claim is not None
    return str(claim["spec"]["resources"]["requests"]["storage"])


def test_a_class_that_cannot_expand_is_named_and_nothing_loops(operator: Operator, blue: Tenant) -> None:
    instance = blue.instance("stuck").wait_until_serving()
    lives = instance.lives()
    blue.change("stuck", capacity="128Mi")
    condition = instance.wait_for_condition("StorageResizing", "ExpansionNotSupported")
    assert condition["status"] == "False"
    assert "StorageClass 'local-path' does not allow expansion" in condition["message"]
    assert instance.condition("Ready")["status"] == "True"
    wait_until(lambda: is_settled(instance), limit_seconds=SOON_SECONDS, what="an end of the changes")
    writes, version = operator.writes(), instance.body()["metadata"]["resourceVersion"]
    assert_stays(lambda: instance.body()["metadata"]["resourceVersion"] == version, seconds=3, what="the instance as it is")
    assert {what: count for what, count in operator.writes().items() if "statefulsets" in what and count != writes.get(what)} == {}
    assert claimed(instance) == "64Mi"
    assert instance.lives() == lives
    assert instance.status_of(instance.api_key) == 200


def is_settled(instance: Instance) -> bool:
    """Whether the pod has the memory that the new capacity gives it."""
    limit = instance.body()["status"]["memoryLimit"]
    return any(
        status.get("resources", {}).get("limits", {}).get("memory") == limit for status in instance.pod()["status"]["containerStatuses"]
    )


def test_a_volume_grows_while_its_pod_runs_on(blue: Tenant) -> None:
    instance = blue.instance("growing").wait_until_serving()
    lives = instance.lives()
    before = blue.objects.get("StatefulSet", blue.namespace, "growing")
    blue.change("growing", capacity="128Mi")
    wait_until(lambda: claimed(instance) == "128Mi", limit_seconds=SOON_SECONDS, what="a larger claim")

    def is_replaced() -> bool:
        now = blue.objects.get("StatefulSet", blue.namespace, "growing")
        return now is not None and before is not None and now["metadata"]["uid"] != before["metadata"]["uid"]

    wait_until(is_replaced, limit_seconds=SOON_SECONDS, what="another StatefulSet")
    assert instance.wait_for_condition("StorageResizing", "Growing")["status"] == "True"
    assert instance.lives() == lives
    assert instance.status_of(instance.api_key) == 200
