"""What is shipped for Prometheus' operator, taken by an API server that has the operator's kinds and refuses fields that they lack.

The kinds are those of the operator's repository, which Go's module proxy has.
"""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.control_plane import running_control_plane
from tests.harness.images import ROOT
from tests.harness.kubectl import Kubectl
from tests.install.test_chart_installs_what_the_manifests_install import SYSTEM, helm
from tests.install.test_monitoring import EVERYTHING

OPERATOR = "github.com/prometheus-operator/prometheus-operator@v0.85.0"
KINDS = ("podmonitors", "prometheusrules")
APPLY = ("apply", "--server-side", "--validate=strict", "--filename=-")
VALUES = ("--set", "monitoring.podMonitors.labels.release=prometheus", "--set", "monitoring.rules.labels.release=prometheus")
MISSPELT = """
apiVersion: monitoring.coreos.com/v1
kind: PodMonitor
metadata: {name: misspelt}
spec: {selector: {}, podMetricsEndpoints: [{port: http, intervall: 30s}]}
"""


@pytest.fixture(scope="module")
def kubectl(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kubectl]:
    """An API server with the kinds."""
    with running_control_plane(tmp_path_factory.mktemp("control-plane")):
        kubectl = Kubectl(SYSTEM)
        for kind in KINDS:
            kubectl.out("create", "--filename", str(definitions() / f"monitoring.coreos.com_{kind}.yaml"))
        kubectl.out("wait", "--for=condition=Established", "customresourcedefinitions", "--all", "--timeout=30s")
        kubectl.out("create", "namespace", SYSTEM)
        yield kubectl


def definitions() -> Path:
    """The folder with the operator's CustomResourceDefinitions, fetched if it is not there."""
    go = shutil.which("go")
    assert go, "Go is not installed"
    module = json.loads(subprocess.check_output([go, "mod", "download", "-json", OPERATOR], text=True, timeout=300))
    return Path(module["Dir"]) / "example/prometheus-operator-crd"


def test_api_server_takes_the_manifests_and_what_the_chart_makes(kubectl: Kubectl) -> None:
    manifests = kubectl.out("kustomize", str(ROOT / "config/monitoring"))
    chart = helm(*EVERYTHING, *VALUES, "--show-only=templates/monitoring.yaml").stdout
    names = [sorted(applied(kubectl, text)) for text in (manifests, chart)]
    expected = {
        "configmap/kuberedis-dashboard-fleet",
        "configmap/kuberedis-dashboard-instance",
        "podmonitor.monitoring.coreos.com/kuberedis-instances",
        "podmonitor.monitoring.coreos.com/kuberedis-operator",
        "prometheusrule.monitoring.coreos.com/kuberedis",
    }
    assert names == [sorted(expected)] * 2
    assert "intervall: field not declared" in kubectl.run(*APPLY, stdin=MISSPELT).stderr


def applied(kubectl: Kubectl, text: str) -> list[str]:
    """The names of the objects of a text, once they are applied."""
    return kubectl.out(*APPLY, "--force-conflicts", "--output=name", stdin=text).split()
