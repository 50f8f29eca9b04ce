"""The CustomResourceDefinition of this working copy, in the cluster of $KUBECONFIG."""

from pathlib import Path

from tests.harness.exclusive import exclusive
from tests.harness.kubectl import Kubectl
from tests.harness.waiting import wait_until

DEFINITION = Path(__file__).parents[2] / "config" / "crd.yaml"

_ESTABLISHED_SECONDS = 30


def install_custom_resource() -> None:
    """Apply it, and wait until the API server serves the resource."""
    with exclusive("custom-resource"):
        applied = Kubectl().apply(DEFINITION)
    assert applied.returncode == 0, applied.stderr
    wait_until(_is_established, limit_seconds=_ESTABLISHED_SECONDS, what="the CustomResourceDefinition")


def _is_established() -> bool:
    # At first its conditions are null, for which kubectl does not wait.
    wait = ("wait", "--for=condition=Established", "--timeout=1s", "crd/redishttpinstances.cache.yourcompany.com")
    return Kubectl().run(*wait).returncode == 0
