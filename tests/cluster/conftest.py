"""Fixtures for a real cluster: namespaces of a module's own, and an operator that watches only these."""

import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Playwright, sync_playwright

from tests.harness.api_server_relay import ApiServerRelay
from tests.harness.cluster import Namespace
from tests.harness.custom_resource import install_custom_resource
from tests.harness.images import in_cluster
from tests.harness.operator import Operator

_GO_AND_HELM = os.environ.get("CI") or (shutil.which("go") and shutil.which("helm"))
collect_ignore = [] if _GO_AND_HELM else ["test_monitoring_objects.py"]

# The first tests wait until images are built, and all wait for pods.
_LIMIT_SECONDS = 600

ROUTE_HOLD_SECONDS = 5
"""How long a path that became free is held back from other namespaces, a day in production."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give the tests of this folder more time than those that need no cluster, and let them begin before those of tests/crd."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.timeout(_LIMIT_SECONDS))
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """What starts browsers: a process can have one of them."""
    with sync_playwright() as running:
        yield running


def namespace(purpose: str) -> Iterator[Namespace]:
    """A namespace with restricted pods only, removed afterwards."""
    name = f"runtime-{purpose}-{secrets.token_hex(3)}"
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    cluster = Namespace(name)
    cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})
    yield cluster
    cluster("delete", "namespace", name, "--wait=false")


@pytest.fixture(scope="module")
def cluster() -> Iterator[Namespace]:
    """A namespace that the operator watches."""
    yield from namespace("a")


@pytest.fixture(scope="module")
def neighbour() -> Iterator[Namespace]:
    """Another namespace that the operator watches."""
    yield from namespace("b")


@pytest.fixture(scope="module")
def relay(tmp_path_factory: pytest.TempPathFactory) -> ApiServerRelay:
    """The relay through which the operator reaches the API server."""
    return ApiServerRelay(Path(os.environ["KUBECONFIG"]), tmp_path_factory.mktemp("relay"))


@pytest.fixture(scope="module")
def settings() -> dict[str, str]:
    """Settings of the operator beside those that the test cluster needs; a module may have its own."""
    return {}


@pytest.fixture(scope="module")
def operator(
    cluster: Namespace, neighbour: Namespace, relay: ApiServerRelay, settings: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Operator]:
    """A running operator of this module's own; in the end its log must hold neither a stack trace nor an error."""
    install_custom_resource()
    environment = {
        "KUBECONFIG": str(relay.kubeconfig),
        "KUBEREDIS_NAMESPACES": f"{cluster.name},{neighbour.name}",
        "KUBEREDIS_OPERATOR_NAMESPACE": cluster.name,
        "KUBEREDIS_ROUTE_HOLD_SECONDS": str(ROUTE_HOLD_SECONDS),
        "KUBEREDIS_SIDECAR_IMAGE": in_cluster("sidecar"),
        "KUBEREDIS_REDIS_IMAGE": "localhost/redis:{version}",
        "KUBEREDIS_VALKEY_IMAGE": "localhost/valkey:{version}",
        "KUBEREDIS_GATEWAY": "projectcontour/contour",
        "KUBEREDIS_ALLOWED_POD_LABELS": "team",
        "KUBEREDIS_ALLOWED_NODE_LABELS": "no",
        "KUBEREDIS_ALLOWED_IMAGES": "localhost/nothing:1",
        **settings,
    }
    running = Operator(tmp_path_factory.mktemp("operator"), environment)
    running.start()
    yield running
    running.stop()
    assert "Traceback" not in running.log()
    assert '"level":"error"' not in running.log()
