"""An instance runs under whatever user the cluster has for it, as on platforms that assign users from a range."""

import pytest

from tests.cluster.gateway import key_of, read, wait_until_ready, write
from tests.harness.cluster import Namespace, instance
from tests.harness.operator import Operator

USER = 1000730000


@pytest.fixture(scope="module")
def settings() -> dict[str, str]:
    """A user of no image, of a range as OpenShift assigns it."""
    return {"KUBEREDIS_POD_USER": str(USER)}


@pytest.mark.parametrize("version", ["8", "valkey-8"])
def test_an_instance_serves_and_keeps_its_data_under_a_user_that_no_image_knows(
    operator: Operator, cluster: Namespace, version: str
) -> None:
    name = f"any-{version}"
    cluster.apply(instance(name, version=version))
    url = wait_until_ready(cluster, name)
    write(url, key_of(cluster, name), "kept")
    for container in ("redis", "sidecar"):
        assert cluster("exec", f"{name}-0", f"--container={container}", "--", "id", "-u").strip() == str(USER)
    cluster("delete", "pod", f"{name}-0")
    wait_until_ready(cluster, name)
    assert read(url, key_of(cluster, name)) == "kept"
    assert operator.running
