"""The custom resource in a real API server, that of $KUBECONFIG; without one nothing here is collected, except in CI.

Most tests only ask what the API server would do (`--dry-run=server`); what they do make is in a namespace of their own.
"""

import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.custom_resource import install_custom_resource
from tests.harness.kubectl import Kubectl
from tests.harness.waiting import wait_until

collect_ignore_glob = [] if os.environ.get("KUBECONFIG") or os.environ.get("CI") else ["test_*.py"]

CONFIG = Path(__file__).parents[2] / "config"


@pytest.fixture(scope="session")
def kubectl() -> Iterator[Kubectl]:
    """kubectl in a namespace of its own, in a cluster that has the CustomResourceDefinition of this working copy."""
    kubectl = Kubectl(f"crd-{secrets.token_hex(3)}")
    install_custom_resource()
    kubectl.out("create", "namespace", kubectl.namespace)
    # Its schema reaches the validation of requests, and the documentation, some moments later.
    wait_until(lambda: _refuses_nonsense(kubectl), limit_seconds=30, what="the schema of the CustomResourceDefinition")
    yield kubectl
    kubectl.out("delete", "namespace", kubectl.namespace, "--wait=false")


def _refuses_nonsense(kubectl: Kubectl) -> bool:
    nonsense = """
        {apiVersion: cache.yourcompany.com/v1alpha1, kind: RedisHttpInstance, metadata: {name: nonsense}, spec: {capacity: nonsense}}
    """
    documented = kubectl.run("explain", "rhi.spec.capacity").returncode == 0
    return documented and "write a quantity" in kubectl.apply(nonsense, "--dry-run=server").stderr
