"""The JavaScript SDKs, unmodified, under Node: each file of ``node/`` is one test, run by Node's own test runner."""

import pytest

from tests.harness import node
from tests.harness.node import NodeTests
from tests.harness.sidecar import Sidecar

pytestmark = [pytest.mark.every_server, pytest.mark.slow]


@pytest.fixture(scope="session")
def node_tests(tmp_path_factory: pytest.TempPathFactory) -> NodeTests:
    """The files, ready to run."""
    return node.install(tmp_path_factory.mktemp("node") / "node")


@pytest.mark.parametrize("file", node.FILES)
def test_javascript_sdk(sidecar: Sidecar, node_tests: NodeTests, file: str) -> None:
    node_tests.run(file, url=sidecar.url, token=sidecar.api_key)
