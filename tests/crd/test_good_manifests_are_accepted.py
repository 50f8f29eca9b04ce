"""`kubectl apply` accepts a manifest that works, and fills in its defaults."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from kuberedis_core.crd.spec import Instance
from kuberedis_operator.resources import render
from kuberedis_operator.resources.kinds import CERTIFICATE
from kuberedis_operator.settings import OperatorSettings
from tests.cli.manifest_files import manifest
from tests.crd.conftest import CONFIG
from tests.harness.kubectl import Kubectl
from tests.manifests.good import SPECS
from tests.operator.rendering import topology


@pytest.mark.parametrize("sample", sorted((CONFIG / "samples").iterdir()), ids=lambda path: path.name)
def test_sample_is_accepted(kubectl: Kubectl, sample: Path) -> None:
    accept(kubectl, sample.read_text())


@pytest.mark.parametrize("case", SPECS)
def test_spec_is_accepted(kubectl: Kubectl, case: str) -> None:
    accept(kubectl, manifest("my-cache", **SPECS[case]))


def test_name_of_fifty_characters_is_accepted(kubectl: Kubectl) -> None:
    accept(kubectl, manifest("a" * 50))


def test_spec_with_only_a_capacity_has_the_defaults(kubectl: Kubectl) -> None:
    assert accept(kubectl, manifest("my-cache"))["spec"] == {
        "capacity": "1Gi",
        "replicas": 1,
        "evictionPolicy": "noeviction",
        "persistence": "aof",
        "ingress": {"enabled": True},
        "networkPolicy": {"enabled": True},
        "deletionPolicy": "Retain",
        "paused": False,
    }


@pytest.mark.parametrize("case", SPECS)
def test_operator_can_render_what_is_accepted(kubectl: Kubectl, case: str) -> None:
    settings = OperatorSettings.from_environ({"KUBEREDIS_SIDECAR_IMAGE": "sidecar:1", "KUBEREDIS_GATEWAY": "gateways/shared"})
    instance = Instance.from_body(accept(kubectl, manifest("my-cache", **SPECS[case])))
    # The cluster has no cert-manager.
    bodies = [child.body for child in render(topology(instance, settings)) if child.kind != CERTIFICATE]
    children = "\n---\n".join(map(yaml.safe_dump, bodies))
    applied = kubectl.apply(children, "--dry-run=server")
    assert applied.returncode == 0, applied.stderr


def accept(kubectl: Kubectl, manifest: str) -> dict[str, Any]:
    """The instance as the API server would keep it."""
    result = kubectl.apply(manifest, "--dry-run=server", "--output", "json")
    assert result.returncode == 0, result.stderr
    assert not result.stderr, "a warning is an error"
    instance: dict[str, Any] = yaml.safe_load(result.stdout)
    return instance
