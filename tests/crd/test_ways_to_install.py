"""`kubectl apply -f config/` and `kubectl apply -k config/` apply the same objects."""

import pytest

from tests.harness.kubectl import Kubectl
from tests.install.manifests import CONFIG, installed, objects


@pytest.mark.usefixtures("kubectl")
def test_folder_holds_nothing_that_kubectl_cannot_apply() -> None:
    applied = Kubectl("kuberedis-system").apply(CONFIG, "--dry-run=client", "--output", "name")
    assert applied.returncode == 0, applied.stderr
    assert len(applied.stdout.splitlines()) == len(installed())


def test_kustomization_is_the_manifests(kubectl: Kubectl) -> None:
    assert objects(kubectl.out("kustomize", str(CONFIG))) == installed()
