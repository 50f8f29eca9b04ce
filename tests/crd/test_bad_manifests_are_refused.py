"""`kubectl apply` refuses a manifest that cannot work, and says what to write instead."""

import pytest

from tests.cli.manifest_files import manifest
from tests.harness.kubectl import Kubectl
from tests.manifests.bad import NAME, NAMES, SETTINGS, SPECS


@pytest.mark.parametrize("slip", SPECS)
def test_bad_spec_is_refused_with_advice(kubectl: Kubectl, slip: str) -> None:
    spec, field, advice = SPECS[slip]
    complaint = refusal(kubectl, manifest("my-cache", **spec))
    assert field in complaint
    assert advice in complaint


@pytest.mark.parametrize(
    ("setting", "reason"), [(setting, reason) for reason, settings in SETTINGS.items() for setting in settings.split()]
)
def test_setting_that_the_operator_owns_is_refused_with_the_reason(kubectl: Kubectl, setting: str, reason: str) -> None:
    complaint = refusal(kubectl, manifest("my-cache", config={setting: "x"}))
    assert "spec.config" in complaint
    assert reason in complaint


@pytest.mark.parametrize("name", NAMES)
def test_name_that_no_service_could_have_is_refused(kubectl: Kubectl, name: str) -> None:
    assert NAME in refusal(kubectl, manifest(name))


def test_name_too_long_for_its_children_is_refused(kubectl: Kubectl) -> None:
    assert "metadata.name: Invalid value: write at most 50 characters" in refusal(kubectl, manifest("a" * 51))


def test_spec_without_a_capacity_is_refused(kubectl: Kubectl) -> None:
    assert "spec.capacity: Required value" in refusal(kubectl, manifest("my-cache", capacity=None))


def test_manifest_without_a_spec_is_refused(kubectl: Kubectl) -> None:
    text = "{apiVersion: cache.yourcompany.com/v1alpha1, kind: RedisHttpInstance, metadata: {name: my-cache}}"
    assert "spec: Required value" in refusal(kubectl, text)


def refusal(kubectl: Kubectl, manifest: str) -> str:
    """What `kubectl apply` says when it refuses a manifest."""
    result = kubectl.apply(manifest, "--dry-run=server")
    assert result.returncode == 1, f"accepted: {result.stdout}"
    return result.stderr
