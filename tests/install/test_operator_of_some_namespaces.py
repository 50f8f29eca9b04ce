"""An operator for some namespaces is the same, whether the chart, the manifests or the command line install it."""

import shutil
import subprocess
from typing import Any

import pytest

from kuberedis_cli.cluster import packaged
from kuberedis_cli.cluster.scope import scoped
from tests.install.manifests import ROOT, Objects, objects

SYSTEM = "kuberedis-system"
NAMESPACES = ["team-a", "team-b"]


def output(*command: str) -> Objects:
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert result.returncode == 0, result.stderr
    return objects(result.stdout)


def by_command_line() -> Objects:
    manifests = [*packaged.custom_resource(), *scoped(packaged.operator(), NAMESPACES)]
    return {(each["kind"], each["metadata"].get("namespace", ""), each["metadata"]["name"]): each for each in manifests}


CHART = ["helm", "template", "kuberedis", str(ROOT / "charts/kuberedis"), "--namespace", SYSTEM, "--set", "namespaces={team-a,team-b}"]
MANIFESTS = ["kubectl", "kustomize", str(ROOT / "config-namespaced")]


# kubectl is there where a cluster is.
@pytest.mark.parametrize("command", [CHART, *([MANIFESTS] if shutil.which("kubectl") else [])], ids=lambda command: command[0])
def test_every_way_to_install_it_gives_the_same_rights(command: list[str]) -> None:
    wanted, found = by_command_line(), output(*command)
    deployment = ("Deployment", SYSTEM, "kuberedis-operator")
    # The order of variables means nothing.
    variables = [container(each[deployment])["env"] for each in (wanted, found)]
    assert sorted(variables[0], key=str) == sorted(variables[1], key=str)
    for each in (wanted, found):
        container(each[deployment])["env"] = []
        each.pop(("Namespace", "", SYSTEM), None)
    assert found == wanted


def container(deployment: dict[str, Any]) -> dict[str, Any]:
    spec = deployment["spec"]
    found: dict[str, Any] = spec["template"]["spec"]["containers"][0]
    return found
