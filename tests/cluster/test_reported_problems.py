"""An instance that cannot serve reports why, in a message that a person can act on."""

from collections.abc import Iterator

import pytest

from tests.cluster.gateway import wait_until_ready
from tests.harness.cluster import Namespace, condition, instance
from tests.harness.operator import Operator

SOON = 30


def degraded(cluster: Namespace, name: str, reason: str) -> str:
    """The message of an instance that is degraded for this reason."""
    body = cluster.wait_for(
        "redishttpinstance", name, lambda body: condition(body, "Degraded")[:2] == ("True", reason), limit_seconds=SOON, what=reason
    )
    assert condition(body, "Progressing")[0] == "False"
    return condition(body, "Degraded")[2]


@pytest.fixture(scope="module")
def expandable(operator: Operator, cluster: Namespace) -> Iterator[str]:
    """A StorageClass that says that its volumes can grow."""
    del operator
    name = f"{cluster.name}-expandable"
    cluster.apply(
        {
            "apiVersion": "storage.k8s.io/v1",
            "kind": "StorageClass",
            "metadata": {"name": name, "annotations": {"defaultVolumeType": "local"}},
            "provisioner": "rancher.io/local-path",
            "volumeBindingMode": "WaitForFirstConsumer",
            "allowVolumeExpansion": True,
        }
    )
    yield name
    cluster("delete", "storageclass", name)


def test_a_storage_class_that_does_not_exist_is_named(operator: Operator, cluster: Namespace) -> None:
    cluster.apply(instance("no-class", storageClassName="fast"))
    assert degraded(cluster, "no-class", "VolumePending") == "PVC pending: StorageClass 'fast' does not exist"
    assert operator.running


def test_an_image_that_cannot_be_pulled_is_named(operator: Operator, cluster: Namespace) -> None:
    cluster.apply(instance("no-image", image="localhost/nothing:1"))
    assert degraded(cluster, "no-image", "ImagePullFailed").startswith("image 'localhost/nothing:1' cannot be pulled: ")
    assert operator.running


def test_a_misspelt_setting_is_named(operator: Operator, cluster: Namespace) -> None:
    cluster.apply(instance("misspelt", config={"maxmemry-samples": "5"}))
    # In the words of whichever version of Redis it is.
    assert "maxmemry-samples" in degraded(cluster, "misspelt", "CrashLooping")
    assert operator.running


def test_a_volume_whose_class_cannot_grow_stays_and_says_so_without_a_loop(operator: Operator, cluster: Namespace) -> None:
    cluster.apply(instance("stays"))
    wait_until_ready(cluster, "stays")
    cluster.patch("redishttpinstance", "stays", {"spec": {"capacity": "128Mi"}})
    body = cluster.wait_for(
        "redishttpinstance",
        "stays",
        lambda body: condition(body, "StorageResizing")[1] == "ExpansionNotSupported",
        limit_seconds=SOON,
        what="refused",
    )
    assert "does not allow expansion" in condition(body, "StorageResizing")[2]
    claim = cluster.get("persistentvolumeclaim", "data-stays-0")
    assert claim is not None
    assert claim["spec"]["resources"]["requests"]["storage"] == "64Mi"
    assert operator.writes().get(("delete", "statefulsets", "200"), 0) == 0


def test_a_volume_grows_while_its_pod_runs_on(operator: Operator, cluster: Namespace, expandable: str) -> None:
    cluster.apply(instance("grows", storageClassName=expandable))
    wait_until_ready(cluster, "grows")
    pod = cluster.get("pod", "grows-0")
    assert pod is not None
    cluster.patch("redishttpinstance", "grows", {"spec": {"capacity": "128Mi"}})
    cluster.wait_for(
        "statefulset",
        "grows",
        lambda body: body["spec"]["volumeClaimTemplates"][0]["spec"]["resources"]["requests"]["storage"] == "128Mi",
        limit_seconds=SOON,
        what="replaced",
    )
    claim = cluster.get("persistentvolumeclaim", "data-grows-0")
    assert claim is not None
    assert claim["spec"]["resources"]["requests"]["storage"] == "128Mi"
    after = cluster.wait_for("pod", "grows-0", lambda body: body["metadata"].get("ownerReferences"), limit_seconds=SOON, what="adopted")
    assert after["metadata"]["uid"] == pod["metadata"]["uid"]
    assert "deletionTimestamp" not in after["metadata"]
    assert operator.running
